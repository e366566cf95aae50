namespace ImageKitFs.Core.Config;

/// <summary>Finds the private key: a file that was named, else the environment, else a credential of the service manager. Never a command line.</summary>
public static class CredentialSource
{
    /// <summary>The environment variable that holds the key.</summary>
    public const string EnvironmentVariable = "IMAGEKIT_PRIVATE_KEY";

    /// <summary>The variable that names the folder of a service's credentials (systemd.exec(5), LoadCredential=).</summary>
    public const string CredentialsVariable = "CREDENTIALS_DIRECTORY";

    /// <summary>The credential that holds the key: `LoadCredential=imagekit.key:/etc/imagekit.key`.</summary>
    public const string CredentialName = "imagekit.key";

    /// <summary>A key file holds one short line; reading stops here.</summary>
    private const int MaxFileBytes = 4096;

    private const UnixFileMode OthersMode =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    // The service manager lets a user in by an access list, which shows as a right of the group; the folder itself is closed to all others.
    private const UnixFileMode EverybodysMode = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Looks for the key.</summary>
    /// <param name="environment">The variables that the program was started with.</param>
    /// <param name="keyFile">A file to read instead, or null.</param>
    /// <param name="key">The key, when the result is null.</param>
    /// <returns>Null, or a sentence that says what to do.</returns>
    public static string? TryFind(IReadOnlyDictionary<string, string> environment, string? keyFile, out SecretKey? key)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (keyFile is not null)
            return FromFile(keyFile, OthersMode, out key);
        if (environment.TryGetValue(EnvironmentVariable, out string? text) && !string.IsNullOrWhiteSpace(text))
            return SecretKey.TryCreate(text, out key);
        if (CredentialFile(environment) is { } credential)
            return FromFile(credential, EverybodysMode, out key);
        key = null;
        return $"No private key: set {EnvironmentVariable} or name a key file.";
    }

    /// <summary>The service manager's file for the key; null when it gave none.</summary>
    public static string? CredentialFile(IReadOnlyDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return environment.TryGetValue(CredentialsVariable, out string? folder) && Path.Combine(folder, CredentialName) is var file && File.Exists(file) ? file : null;
    }

    private static string? FromFile(string path, UnixFileMode forbidden, out SecretKey? key)
    {
        key = null;
        try
        {
            using FileStream file = File.OpenRead(path);
            // Asked of the open file, so that what is checked is what is read.
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & forbidden) != UnixFileMode.None)
                return $"The key file {path} can be read or changed by others; run: chmod 600 '{path}'";
            byte[] content = new byte[MaxFileBytes];
            int length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            if (length == MaxFileBytes)
                return $"The key file {path} is too long to be a key.";
            return SecretKey.TryCreate(System.Text.Encoding.UTF8.GetString(content, 0, length), out key) is { } problem ? $"{path}: {problem}" : null;
        }
        catch (FileNotFoundException)
        {
            return $"The key file {path} does not exist.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"The key file {path} cannot be read: {e.GetType().Name}.";
        }
    }
}
