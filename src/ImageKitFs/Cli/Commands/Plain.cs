namespace ImageKitFs.Cli.Commands;

/// <summary>Text from the library on a terminal.</summary>
internal static class Plain
{
    /// <summary>Control characters become `?`: a file's name must not move the cursor or recolour the screen.</summary>
    public static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;

    /// <summary>"1 change", "2 changes".</summary>
    public static string Count(long number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
