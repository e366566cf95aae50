using System.Text;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Core.Media;

/// <content>Delivery URLs, the CDN's copies, and what the account used.</content>
public sealed partial class MediaLibrary
{
    /// <summary>The service ends a URL with the second it names; a URL of no lifetime helps nobody.</summary>
    private static readonly TimeSpan ShortestLifetime = TimeSpan.FromSeconds(1);

    /// <summary>The URL that delivers a file: signed when it is private, or when it is to expire.</summary>
    /// <param name="file">In the library.</param>
    /// <param name="form">How it is written.</param>
    public string UrlOf(MediaItem file, UrlForm form)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Build(RemotePath.ToUrlPath(file.StoredPath), form with { IsSigned = form.IsSigned || file.IsPrivate });
    }

    /// <summary>The URL of what only attached external storage has: its names are its own, and taken as they are.</summary>
    public string UrlOfOrigin(string path, UrlForm form)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.Trim('/').Length == 0
            ? throw new MediaException(MediaFailure.IsFolder, "/ is the library itself")
            : Build(RemotePath.ToUrlPath("/" + path.TrimStart('/')), form);
    }

    /// <summary>What ImageKit finds in a file that only attached external storage has, as a JSON object; null when it finds nothing.</summary>
    public async Task<string?> MetadataOfOriginAsync(string path, CancellationToken ct) =>
        OrNone(await _api.Library.MetadataOfUrlAsync(UrlOfOrigin(path, new UrlForm()), ct), Shown(path));

    /// <summary>The URL, or URLs when it ends with a star, that the CDN is asked to forget.</summary>
    public string PurgeUrlOf(string storedPath, bool withStar)
    {
        ArgumentNullException.ThrowIfNull(storedPath);
        return Build(RemotePath.ToUrlPath(storedPath), new UrlForm()) + (withStar ? "*" : "");
    }

    /// <summary>Where the service has, or would have, what a path names.</summary>
    public static string StoredPathOf(string path) => MediaNames.StoredAs(path, isFolder: false)[0];

    /// <summary>The same of a folder, with a slash at the end.</summary>
    public static string StoredFolderOf(string path) => MediaNames.StoredAs(path, isFolder: true)[0].TrimEnd('/') + "/";

    /// <summary>Asks the CDN to forget a URL: one of the account's purges of the month.</summary>
    /// <returns>The request's id.</returns>
    public async Task<string> PurgeAsync(string url, CancellationToken ct) => Require(await _api.Library.PurgeAsync(url, ct), url);

    /// <returns>Pending or Completed.</returns>
    public async Task<string> PurgeStatusAsync(string requestId, CancellationToken ct) =>
        Require(await _api.Library.PurgeStatusAsync(requestId, ct), $"purge {requestId}");

    /// <summary>What the account used, as a JSON object.</summary>
    /// <param name="from">The first day.</param>
    /// <param name="to">The day after the last.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<string> UsageAsync(DateOnly from, DateOnly to, CancellationToken ct) => Require(await _api.Library.UsageAsync(from, to, ct), "usage");

    private string Build(string urlPath, UrlForm form)
    {
        string transformation = form.Transformation is { } words ? Encode(words) : "";
        string relative = (transformation.Length, form.TransformationInPath) switch
        {
            (0, _) => urlPath,
            (_, true) => $"tr:{transformation}/{urlPath}",
            (_, false) => $"{urlPath}?tr={transformation}",
        };
        if (!form.IsSigned && form.Lifetime is null)
            return _endpoints.Delivery.OriginalString.TrimEnd('/') + "/" + relative;
        if (form.Lifetime < ShortestLifetime)
            throw new MediaException(MediaFailure.BadValue, "the URL would have expired already");
        return _signer.Sign(relative, form.Lifetime is { } lifetime ? _time.GetUtcNow() + lifetime : null);
    }

    /// <summary>Percent-encoded, but for the separators of the language, which may stand in a path and in a query as they are.</summary>
    private static string Encode(string transformation)
    {
        var encoded = new StringBuilder(Uri.EscapeDataString(transformation));
        return encoded.Replace("%2C", ",").Replace("%3A", ":").ToString();
    }
}
