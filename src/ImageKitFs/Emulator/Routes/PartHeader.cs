namespace ImageKitFs.Emulator.Routes;

/// <summary>A part's <c>Content-Disposition</c>, with what strictness needs to know: whether its values were quoted.</summary>
internal sealed record PartHeader(string? Name, string? FileName, bool IsQuoted)
{
    /// <summary>Parses <c>form-data; name="x"; filename="y"</c>.</summary>
    public static PartHeader Parse(string? disposition)
    {
        string? name = null;
        string? fileName = null;
        bool isQuoted = true;
        foreach (string parameter in SplitOutsideQuotes(disposition ?? ""))
        {
            int equals = parameter.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                continue;
            string key = parameter[..equals].Trim();
            string value = parameter[(equals + 1)..].Trim();
            if (key is not ("name" or "filename"))
                continue;
            bool quoted = value.Length >= 2 && value[0] == '"' && value[^1] == '"';
            isQuoted &= quoted;
            // Browsers escape a quote as %22, others with a backslash.
            string text = quoted ? value[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal) : value;
            if (key == "name")
                name = text;
            else
                fileName = text;
        }

        return new PartHeader(name, fileName, isQuoted);
    }

    private static IEnumerable<string> SplitOutsideQuotes(string text)
    {
        int start = 0;
        bool inQuotes = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '"' && (i == 0 || text[i - 1] != '\\'))
                inQuotes = !inQuotes;
            if (text[i] != ';' || inQuotes)
                continue;
            yield return text[start..i];
            start = i + 1;
        }

        yield return text[start..];
    }
}
