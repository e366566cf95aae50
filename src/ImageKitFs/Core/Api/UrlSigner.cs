using System.Globalization;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Core.Api;

/// <summary>Signs delivery URLs (imagekit-api.md 10): HMAC-SHA1 over the URL behind the endpoint, then ik-t and ik-s at the very end, in this order.</summary>
internal sealed class UrlSigner
{
    private readonly string _endpoint;
    private readonly SecretKey _key;

    public UrlSigner(Uri urlEndpoint, SecretKey key)
    {
        _endpoint = urlEndpoint.OriginalString.TrimEnd('/') + "/";
        _key = key;
    }

    /// <param name="relative">Percent-encoded path and query behind the endpoint, no leading slash; complete, since any later change breaks the signature.</param>
    /// <param name="expiry">When the URL ends; null for never.</param>
    /// <returns>The whole URL.</returns>
    public string Sign(string relative, DateTimeOffset? expiry)
    {
        string seconds = expiry is { } time ? time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) : NeverExpires;
        string signature = _key.Sign(relative + seconds);
        char separator = relative.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        string lifetime = expiry is null ? "" : $"ik-t={seconds}&";
        return $"{_endpoint}{relative}{separator}{lifetime}ik-s={signature}";
    }

    /// <summary>What is signed in place of a time when there is none.</summary>
    private const string NeverExpires = "9999999999";
}
