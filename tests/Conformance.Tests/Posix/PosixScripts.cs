namespace ImageKitFs.Conformance.Tests.Posix;

/// <summary>What ordinary programs expect of a folder: one bash script each, run the same on a mount and on a local disk.</summary>
public static class PosixScripts
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Posix", "Scripts");

    /// <summary>The scripts by name, one test each.</summary>
    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(s_folder, "*.sh").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    public static string Prelude => File.ReadAllText(Path.Combine(s_folder, "prelude.bash"));

    public static string TextOf(string script) => Prelude + File.ReadAllText(Path.Combine(s_folder, script + ".sh"));
}
