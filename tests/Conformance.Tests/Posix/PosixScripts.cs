namespace ImageKitFs.Conformance.Tests.Posix;

/// <summary>What ordinary programs expect of a folder: one bash script each, run the same on a mount and on a local disk.</summary>
public static class PosixScripts
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Posix", "Scripts");

    /// <summary>The scripts by name, one test each.</summary>
    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Folder, "*.sh").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    public static string Prelude => File.ReadAllText(Path.Combine(Folder, "prelude.bash"));

    public static string TextOf(string script) => Prelude + File.ReadAllText(Path.Combine(Folder, script + ".sh"));
}
