using System.Security.Cryptography;
using System.Text;
using ImageKitFs.Cli.Interop;

namespace ImageKitFs.Cli.Profiles;

/// <summary>How a key lies on disk: on Windows encrypted for this user (DPAPI), elsewhere as it is, in a file that only the owner can read.</summary>
internal static class KeyProtection
{
    // Not secret: it keeps a blob of another program from being taken for ours.
    private static readonly byte[] Purpose = "imagekitfs private key"u8.ToArray();

    public static string Protect(string key)
    {
        byte[] plain = Encoding.UTF8.GetBytes(key);
        return Convert.ToBase64String(OperatingSystem.IsWindows() ? DataProtection.Protect(plain, Purpose) : plain);
    }

    /// <exception cref="CliException">BadKey: another user stored it, or it was changed.</exception>
    public static string Unprotect(string stored, string profile)
    {
        try
        {
            byte[] bytes = Convert.FromBase64String(stored);
            return Encoding.UTF8.GetString(OperatingSystem.IsWindows() ? DataProtection.Unprotect(bytes, Purpose) : bytes);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            throw new CliException(ExitCode.BadKey, $"the key of profile {profile} cannot be read; store it again with imagekitfs login --profile {profile}", e);
        }
    }
}
