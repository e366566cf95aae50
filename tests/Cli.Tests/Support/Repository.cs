namespace ImageKitFs.Cli.Tests.Support;

/// <summary>Files of the source tree that a test compares with the program.</summary>
internal static class Repository
{
    public static string ReadText(string relativePath) => File.ReadAllText(Path.Combine(Root(), relativePath));

    public static IEnumerable<string> Files(string relativeFolder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root(), relativeFolder), pattern, SearchOption.AllDirectories);

    public static string PathOf(string relativePath) => Path.Combine(Root(), relativePath);

    private static string Root()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "ImageKitFs.sln")))
                return folder;
        }

        throw new FileNotFoundException("no source tree above the tests");
    }
}
