namespace ImageKitFs.Cli.Tests.Support;

/// <summary>Files of the source tree that a test compares with the program.</summary>
internal static class Repository
{
    public static string ReadText(string relativePath)
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "ImageKitFs.sln")))
                return File.ReadAllText(Path.Combine(folder, relativePath));
        }

        throw new FileNotFoundException("no source tree above the tests");
    }
}
