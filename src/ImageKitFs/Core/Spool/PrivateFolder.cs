namespace ImageKitFs.Core.Spool;

/// <summary>Folders that hold a user's unsent bytes: nobody else may look.</summary>
internal static class PrivateFolder
{
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
