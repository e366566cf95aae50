using System.Security.Cryptography;
using System.Text;
using ImageKitFs.Emulator.Library;

namespace ImageKitFs.Emulator.Http;

/// <summary>Who may do what (section 1.2): HTTP Basic, the key is the user name, the password is ignored.</summary>
internal static class KeyCheck
{
    /// <summary>What a restricted key gets for a call beyond its rights.</summary>
    public const string NotAllowed = "Your private API key does not have permission to perform this operation.";

    /// <summary>Returns when the call is allowed.</summary>
    public static void Require(string? authorization, bool isWrite, EmulatorOptions options)
    {
        string key = KeyOf(authorization);
        if (key.Length == 0)
            throw new Refusal(401, "Your request does not contain private API key.");
        if (options.ExpiredKeys.Any(expired => Same(expired, key)))
            throw new Refusal(403, "Your request contains expired private API key.");
        bool isRestricted = options.ReadOnlyKeys.Any(restricted => Same(restricted, key));
        if (!isRestricted && !Same(options.PrivateKey, key))
            throw new Refusal(options.BadKeyIs401 ? 401 : 403, "Your account cannot be authenticated.");
        if (options.AccountDisabled)
            throw new Refusal(403, "Your account is disabled.");
        if (isRestricted && isWrite)
            throw new Refusal(403, NotAllowed);
    }

    private static string KeyOf(string? authorization)
    {
        const string scheme = "Basic ";
        if (authorization is null || !authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            return "";
        byte[] decoded = new byte[authorization.Length];
        if (!Convert.TryFromBase64String(authorization[scheme.Length..].Trim(), decoded, out int length))
            return "";
        string pair = Encoding.UTF8.GetString(decoded, 0, length);
        // Without the colon there is no user name.
        int colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? "" : pair[..colon];
    }

    private static bool Same(string a, string b) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));
}
