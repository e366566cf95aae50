using ImageKitFs.Emulator.Library;

namespace ImageKitFs.Emulator.Http;

/// <summary>What the CDN found for a URL, kept for all who ask for that URL again.</summary>
internal sealed record CdnEntry(FileVersion Version, string Name, DateTimeOffset At);

/// <summary>
/// The CDN's memory (section 9.3): each URL, query included, keeps what it showed first until it is purged. Overwriting, renaming and
/// deleting do not touch it.
/// </summary>
internal sealed class Cdn(MediaStore store, ExternalOrigins origins, TimeProvider time, Func<EmulatorOptions> options, Func<string> urlEndpoint)
{
    /// <summary>More than any test reads twice; the oldest is forgotten first.</summary>
    private const int MaxEntries = 20_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Url, CdnEntry Entry)>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Url, CdnEntry Entry)> _order = new();

    /// <summary>Finds what a URL shows. The bytes are held until the caller releases them.</summary>
    /// <param name="originError">When nothing is found: the code of the origin that failed, or empty.</param>
    public (CdnEntry Entry, bool IsHit)? Find(string url, DeliveryPath path, string? token, out string originError)
    {
        originError = "";
        if (!options().CdnAlwaysFresh)
        {
            lock (_gate)
            {
                if (_entries.TryGetValue(url, out LinkedListNode<(string Url, CdnEntry Entry)>? known))
                {
                    known.Value.Entry.Version.Blob.Retain();
                    return (known.Value.Entry, true);
                }
            }
        }

        // The library comes first, then the endpoint's origins.
        (FileVersion Version, string Name)? found = store.Take(path.Path, token);
        if (found is null && token is null)
            found = origins.Find(path.UrlPrefix, path.Path, out originError);
        return found is { } file ? (new CdnEntry(file.Version, file.Name, time.GetUtcNow()), false) : null;
    }

    /// <summary>Remembers what was delivered.</summary>
    public void Keep(string url, CdnEntry entry)
    {
        if (options().CdnAlwaysFresh)
            return;
        lock (_gate)
        {
            if (_entries.ContainsKey(url))
                return;
            entry.Version.Blob.Retain();
            _entries.Add(url, _order.AddLast((url, entry)));
            if (_entries.Count > MaxEntries)
                Forget(_order.First!);
        }
    }

    /// <summary>Forgets a URL, or all that start with it.</summary>
    public void Purge(string url, bool byPrefix)
    {
        string key = KeyOf(url);
        lock (_gate)
        {
            foreach (LinkedListNode<(string Url, CdnEntry Entry)> node in _entries.Values.ToList())
            {
                if (byPrefix ? node.Value.Url.StartsWith(key, StringComparison.Ordinal) : node.Value.Url == key)
                    Forget(node);
            }
        }
    }

    /// <summary>The library path behind a delivery URL; null when it is not one of this account.</summary>
    public string? PathOf(string url)
    {
        string key = KeyOf(url);
        if (key.Length == 0)
            return null;
        int query = key.IndexOf('?', StringComparison.Ordinal);
        return DeliveryPath.Parse(query < 0 ? key : key[..query], store.Account.UrlPrefixes).Path;
    }

    // The part behind the URL endpoint, as a request line has it.
    private string KeyOf(string url)
    {
        foreach (string endpoint in (string[])[urlEndpoint(), "https://ik.imagekit.io/" + options().ImageKitId])
        {
            if (url.StartsWith(endpoint + "/", StringComparison.Ordinal))
                return url[endpoint.Length..];
        }

        return "";
    }

    private void Forget(LinkedListNode<(string Url, CdnEntry Entry)> node)
    {
        _entries.Remove(node.Value.Url);
        _order.Remove(node);
        node.Value.Entry.Version.Blob.Release();
    }
}
