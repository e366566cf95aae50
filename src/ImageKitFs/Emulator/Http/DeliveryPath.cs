namespace ImageKitFs.Emulator.Http;

/// <summary>A delivery path taken apart (section 9.1).</summary>
/// <param name="Path">The library path.</param>
/// <param name="Transformation">What stood behind <c>tr:</c>, or null.</param>
/// <param name="IsFrame">The thumbnail of the file was asked for.</param>
/// <param name="UrlPrefix">The URL endpoint's; empty for the default one.</param>
internal readonly record struct DeliveryPath(string Path, string? Transformation, bool IsFrame = false, string UrlPrefix = "")
{
    private const string Frame = "ik-thumbnail.jpg";

    // Names at the end of a path that ask for a rendition of the file before them.
    private static readonly string[] Renditions = [Frame, "ik-video.mp4", "ik-master.m3u8", "ik-master.mpd"];

    /// <summary>
    /// Parses the raw path behind the ImageKit id. A first part that is the prefix of a URL endpoint belongs to the endpoint: that is how an
    /// endpoint hides a folder of the same name.
    /// </summary>
    public static DeliveryPath Parse(string rawPath, IReadOnlyList<string> urlPrefixes)
    {
        string path = rawPath.Trim('/');
        string urlPrefix = "";
        foreach (string prefix in urlPrefixes)
        {
            if (path.StartsWith(prefix + "/", StringComparison.Ordinal))
            {
                path = path[(prefix.Length + 1)..];
                urlPrefix = prefix;
                break;
            }
        }

        List<string> parts = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
        string? transformation = null;
        if (parts.Count > 0 && parts[0].StartsWith("tr:", StringComparison.Ordinal))
        {
            transformation = parts[0][3..];
            parts.RemoveAt(0);
        }

        if (parts.Count > 0 && parts[0] == "ik-seo")
            parts.RemoveAt(0);
        bool isFrame = false;
        if (parts.Count > 1 && Renditions.Contains(parts[^1], StringComparer.Ordinal))
        {
            isFrame = parts[^1] == Frame;
            transformation ??= parts[^1];
            parts.RemoveAt(parts.Count - 1);
        }

        return new DeliveryPath("/" + string.Join('/', parts), transformation, isFrame, urlPrefix);
    }
}
