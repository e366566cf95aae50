using FsCheck;
using FsCheck.Fluent;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using Xunit;

namespace ImageKitFs.Core.Tests.Names;

public sealed class WindowsNamesTests
{
    [Theory]
    [InlineData("photo.jpg", "photo.jpg")]
    [InlineData(".hidden", ".hidden")]
    [InlineData(" leading", " leading")]
    [InlineData("12:30?.txt", "12\uF03A30\uF03F.txt")]
    [InlineData("a\\b|c", "a\uF05Cb\uF07Cc")]
    [InlineData("\u0001\u001F\u007F", "\uF001\uF01F\u007F")]
    [InlineData("end.", "end\uF02E")]
    [InlineData("end. . ", "end. .\uF020")]
    [InlineData("...", "..\uF02E")]
    [InlineData(" ", "\uF020")]
    [InlineData("CON", "CO\uF04E")]
    [InlineData("con.txt", "co\uF06E.txt")]
    [InlineData("Nul .tar.gz", "Nu\uF06C .tar.gz")]
    [InlineData("COM1", "COM\uF031")]
    [InlineData("lpt³.x", "lpt\uF0B3.x")]
    [InlineData("CONOUT$", "CONOUT\uF024")]
    [InlineData("CON..", "CO\uF04E.\uF02E")]
    [InlineData("CON ", "CON\uF020")]
    [InlineData("con:", "con\uF03A")]
    [InlineData("COM0", "COM0")]
    [InlineData("console", "console")]
    [InlineData("x.con", "x.con")]
    [InlineData("\uF03A", "\uF0FF\uF03A")]
    [InlineData("\uF0FF:", "\uF0FF\uF0FF\uF03A")]
    public void A_local_name_is_shown_as_windows_accepts_it_and_read_back(string local, string shown)
    {
        Assert.Equal(shown, WindowsNames.ToShown(local));

        Assert.Equal(FsError.None, WindowsNames.TryToLocal(shown, out EntryName back));
        Assert.Equal(local, back.Value);
    }

    [Theory]
    [InlineData("CON")]
    [InlineData("aux.txt")]
    [InlineData("end.")]
    [InlineData("a:b")]
    [InlineData("a\uF041b")] // a mapped letter where none is mapped
    [InlineData("a\uF02Eb")]
    [InlineData("a\uF0FF")]
    [InlineData("\uF02E")] // would be "."
    [InlineData("\uF02F")]
    [InlineData("")]
    public void A_name_that_nothing_is_shown_as_is_refused(string shown) =>
        Assert.Equal(FsError.InvalidName, WindowsNames.TryToLocal(shown, out _));

    [Fact]
    public void Every_local_name_comes_back_and_is_legal_when_shown() => Check.QuickThrowOnFailure(Prop.ForAll(LocalNames(), local =>
    {
        string shown = WindowsNames.ToShown(local);
        return IsLegal(shown) && shown.Length <= EntryName.MaxBytes
            && WindowsNames.TryToLocal(shown, out EntryName back) == FsError.None && back.Value == local;
    }));

    [Fact]
    public void What_is_accepted_is_shown_again_as_it_was_typed() => Check.QuickThrowOnFailure(Prop.ForAll(LocalNames(), typed =>
        WindowsNames.TryToLocal(typed, out EntryName local) != FsError.None || WindowsNames.ToShown(local.Value) == typed));

    /// <summary>Names made of what the rules are about, so that every branch is met often.</summary>
    internal static Arbitrary<string> LocalNames()
    {
        string[] parts =
        [
            "a", "B", "ß", " ", ".", "..", ":", "?", "\\", "\"", "\u0001", "\uF000", "\uF020", "\uF03A", "\uF04E", "\uF0FF", "\uF0B9", "CON", "con", "COM1",
            "LPT¹", "NUL", "CONIN$", "😀", "_", " (case 1)", ".txt",
        ];
        Gen<string> names = Gen.Elements(parts).ListOf().Select(string.Concat).Where(name => EntryName.TryParse(name, out _) == FsError.None);
        return Arb.From(names);
    }

    /// <summary>What Windows accepts, written down once more: by the documentation, not by the mapping.</summary>
    internal static bool IsLegal(string name)
    {
        string stem = name.Split('.')[0].TrimEnd(' ').ToUpperInvariant();
        bool isNumbered = stem.Length == 4 && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal))
            && "123456789¹²³".Contains(stem[3]);
        bool isDevice = isNumbered || stem is "CON" or "PRN" or "AUX" or "NUL" or "CONIN$" or "CONOUT$";
        return name.Length is > 0 and <= 255 && !isDevice && !name.EndsWith('.') && !name.EndsWith(' ')
            && !name.Any(unit => unit < 32 || "<>:\"/\\|?*".Contains(unit));
    }
}
