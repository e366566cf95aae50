using System.Text;

namespace ImageKitFs.Cli.Manual;

/// <summary>Writes man(7): the few requests that a page of options needs.</summary>
internal sealed class Roff
{
    private readonly StringBuilder _text = new();

    public static string Bold(string text) => $@"\fB{Escape(text)}\fR";

    public static string Italic(string text) => $@"\fI{Escape(text)}\fR";

    /// <summary>Plain text as roff shows it unchanged: a hyphen stays one, so that an option can be copied and searched for.</summary>
    public static string Escape(string text) => text.Replace(@"\", @"\e", StringComparison.Ordinal).Replace("-", @"\-", StringComparison.Ordinal);

    /// <param name="title">The page's name, in capitals.</param>
    /// <param name="section">Of the manual.</param>
    /// <param name="source">The program and its version.</param>
    /// <param name="manual">The manual's name.</param>
    public Roff Title(string title, int section, string source, string manual) => Line($".TH {Escape(title)} {section} \"\" \"{source}\" \"{manual}\"");

    public Roff Section(string name) => Line($".SH {name}");

    public Roff Subsection(string markedUp) => Line($".SS {markedUp}");

    public Roff Paragraph(string markedUp) => Line(".PP").Body(markedUp);

    /// <summary>A term and what it means.</summary>
    public Roff Item(string term, string markedUp) => Line(".TP").Line(term).Body(markedUp);

    /// <summary>A line of its own as typed, not filled.</summary>
    public Roff Example(params string[] lines)
    {
        Line(".PP").Line(".RS 4").Line(".nf");
        foreach (string line in lines)
            Body(Escape(line));
        return Line(".fi").Line(".RE");
    }

    /// <summary>Text that is marked up or escaped already. A line must not begin with what roff takes for a request.</summary>
    public Roff Body(string markedUp) => Line(markedUp is ['.' or '\'', ..] ? $@"\&{markedUp}" : markedUp);

    public override string ToString() => _text.ToString();

    private Roff Line(string line)
    {
        _text.Append(line).Append('\n');
        return this;
    }
}
