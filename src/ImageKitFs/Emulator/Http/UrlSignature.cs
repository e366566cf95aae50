using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ImageKitFs.Emulator.Http;

/// <summary>What a URL's signature is worth.</summary>
internal enum SignatureState
{
    /// <summary>There is none.</summary>
    Absent,

    /// <summary>It is right and has not expired.</summary>
    Valid,

    /// <summary>It is wrong, out of place or expired.</summary>
    Invalid,
}

/// <summary>Checks signed URLs (section 10).</summary>
internal static class UrlSignature
{
    private const string NeverExpires = "9999999999";

    /// <summary>The signature of a URL's part behind the endpoint: hexadecimal HMAC-SHA1 over it and the expiry.</summary>
    public static string Compute(string privateKey, string relativeUrl, string expiry) =>
        Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(privateKey), Encoding.UTF8.GetBytes(relativeUrl + expiry)));

    /// <summary>Checks <paramref name="relativeUrl"/>, raw and without a leading slash; also gives it back without its signature.</summary>
    /// <remarks>The signature must come last and the expiry right before it.</remarks>
    public static (SignatureState State, string Unsigned) Check(string relativeUrl, string privateKey, DateTimeOffset now)
    {
        int question = relativeUrl.IndexOf('?', StringComparison.Ordinal);
        if (question < 0)
            return (SignatureState.Absent, relativeUrl);
        List<string> pairs = [.. relativeUrl[(question + 1)..].Split('&')];
        if (!pairs.Exists(IsOfSignature))
            return (SignatureState.Absent, relativeUrl);

        string? signature = TakeLast(pairs, "ik-s=");
        string? expiry = signature is null ? null : TakeLast(pairs, "ik-t=");
        string unsigned = relativeUrl[..question] + (pairs.Count == 0 ? "" : "?" + string.Join('&', pairs));
        if (signature is null || pairs.Exists(IsOfSignature))
            return (SignatureState.Invalid, unsigned);
        if (expiry is not null && (!long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) || seconds < now.ToUnixTimeSeconds()))
            return (SignatureState.Invalid, unsigned);
        bool matches = CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(Compute(privateKey, unsigned, expiry ?? NeverExpires)), Encoding.UTF8.GetBytes(signature));
        return (matches ? SignatureState.Valid : SignatureState.Invalid, unsigned);
    }

    private static bool IsOfSignature(string pair) => pair.StartsWith("ik-s=", StringComparison.Ordinal) || pair.StartsWith("ik-t=", StringComparison.Ordinal);

    private static string? TakeLast(List<string> pairs, string prefix)
    {
        if (pairs.Count == 0 || !pairs[^1].StartsWith(prefix, StringComparison.Ordinal))
            return null;
        string value = pairs[^1][prefix.Length..];
        pairs.RemoveAt(pairs.Count - 1);
        return value;
    }
}
