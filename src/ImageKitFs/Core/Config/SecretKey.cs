using System.Security.Cryptography;
using System.Text;

namespace ImageKitFs.Core.Config;

/// <summary>An ImageKit private key. Never shows itself: not in ToString, not in a debugger's string, not in text passed through <see cref="Redact"/>.</summary>
public sealed class SecretKey
{
    private const string Hidden = "***";

    /// <summary>Generous: keys seen are under 60 characters. What is longer is the wrong file.</summary>
    private const int MaxLength = 512;

    private readonly string _value;
    private readonly string _basic;

    private SecretKey(string value)
    {
        _value = value;
        // User name = key, empty password: the colon matters (imagekit-api.md 1.2).
        _basic = Convert.ToBase64String(Encoding.ASCII.GetBytes(value + ":"));
    }

    /// <summary>Takes a key, trimmed of surrounding white space.</summary>
    /// <returns>Null, or a sentence that says what is wrong; it does not quote the text.</returns>
    public static string? TryCreate(string? text, out SecretKey? key)
    {
        key = null;
        string value = (text ?? "").Trim().Trim('\uFEFF').Trim();
        if (value.Length == 0)
            return "The private key is empty.";
        if (value.StartsWith("public_", StringComparison.Ordinal))
            return "This is a public key; the mount needs the private one, which begins with private_.";
        if (value.Length > MaxLength || value.AsSpan().ContainsAnyExceptInRange('!', '~') || value.Contains(':', StringComparison.Ordinal))
            return "The private key holds characters that no ImageKit key has; copy it again from the dashboard.";
        key = new SecretKey(value);
        return null;
    }

    /// <summary>A key known to be good.</summary>
    /// <exception cref="ArgumentException">It is not; the text is not quoted.</exception>
    public static SecretKey Of(string text) => TryCreate(text, out SecretKey? key) is { } problem ? throw new ArgumentException(problem) : key!;

    /// <inheritdoc/>
    public override string ToString() => Hidden;

    /// <summary>The text with every appearance of the key, plain or as sent in the Authorization header, replaced.</summary>
    public string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Replace(_value, Hidden, StringComparison.Ordinal).Replace(_basic, Hidden, StringComparison.Ordinal);
    }

    /// <summary>For a folder name that tells accounts apart without telling the key: the first 16 hexadecimal digits of its SHA-256.</summary>
    public string Fingerprint() => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(_value)))[..16];

    /// <summary>The parameter of "Authorization: Basic".</summary>
    internal string ToBasicParameter() => _basic;

    /// <summary>HMAC-SHA1 of the text, the signature that delivery URLs carry.</summary>
    internal string Sign(string text) => Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.ASCII.GetBytes(_value), Encoding.UTF8.GetBytes(text)));
}
