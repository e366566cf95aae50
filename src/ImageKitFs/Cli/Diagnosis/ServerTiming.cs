using System.Globalization;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>Where the time of a delivery went, from its `Server-Timing` header; milliseconds, null for what was not said.</summary>
/// <param name="Download">ImageKit fetched the original from the origin.</param>
/// <param name="Transformation">It made the rendition.</param>
/// <param name="Cdn">The rest of what the CDN took to the first byte.</param>
/// <param name="CdnRequestId">The CDN's number of the request, or null.</param>
internal sealed record ServerTiming(double? Download, double? Transformation, double? Cdn, string? CdnRequestId)
{
    /// <summary>Below this nobody needs to do anything.</summary>
    private const double Slow = 300;

    /// <summary>Null when the header is missing or says nothing of this.</summary>
    public static ServerTiming? Parse(string? header)
    {
        if (header is null)
            return null;
        Dictionary<string, double> durations = new(StringComparer.OrdinalIgnoreCase);
        string? id = null;
        foreach (string metric in Split(header, ','))
        {
            string[] parts = [.. Split(metric, ';')];
            foreach (string part in parts.Skip(1))
            {
                string[] pair = [.. part.Split('=', 2).Select(side => side.Trim())];
                if (pair is ["dur", var text] && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double duration) && duration >= 0)
                    durations[parts[0]] = duration;
                else if (pair is ["desc", var description] && parts[0].Equals("cdn-rid", StringComparison.OrdinalIgnoreCase))
                    id = description.Trim('"');
            }
        }

        double? download = Of("download");
        double? transformation = Of("transformation");
        double behind = (download ?? 0) + (transformation ?? 0);
        // The CDN's time to the first byte holds the time in which it waited for the other two.
        double? first = Of("cdn-downstream-fbl") ?? Of("cdn-upstream-fbl");
        double? cdn = first >= behind ? first - behind : first;
        return download is null && transformation is null && cdn is null && id is null ? null : new ServerTiming(download, transformation, cdn, id);

        double? Of(string name) => durations.TryGetValue(name, out double duration) ? duration : null;
    }

    /// <summary>The part that took longest: `origin download`, `transformation` or `CDN`; null when nothing was said.</summary>
    public string? Slowest => Parts().OrderByDescending(part => part.Milliseconds).Select(part => part.Name).FirstOrDefault();

    /// <summary>True when the slowest part is worth doing something about.</summary>
    public bool IsSlow => Parts().Any(part => part.Milliseconds >= Slow);

    /// <summary>What helps against the slowest part; a clause.</summary>
    public string Advice => Slowest switch
    {
        DownloadName => "see that the origin answers quickly and lies near the account's processing region (ImageKit's support can change the region), "
            + "or have ImageKit keep a copy of originals (enterprise plans)",
        TransformationName => "the first request of each rendition is slow, later ones come from the CDN; ask for smaller or simpler renditions, or fetch them beforehand",
        _ => "the way from the CDN to here is slow, or it fetched the file from afar; a second request is answered from nearby",
    };

    /// <summary>`origin download 35 ms, transformation 193 ms, CDN 242 ms`.</summary>
    public override string ToString() =>
        string.Join(", ", Parts().Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Name} {part.Milliseconds:0.#} ms")));

    private const string DownloadName = "origin download";
    private const string TransformationName = "transformation";
    private const string CdnName = "CDN";

    private IEnumerable<(string Name, double Milliseconds)> Parts()
    {
        if (Download is { } download)
            yield return (DownloadName, download);
        if (Transformation is { } transformation)
            yield return (TransformationName, transformation);
        if (Cdn is { } cdn)
            yield return (CdnName, cdn);
    }

    // Not inside quotes: a description may hold anything.
    private static IEnumerable<string> Split(string text, char separator)
    {
        bool isQuoted = false;
        int begin = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '"')
                isQuoted = !isQuoted;
            if (i < text.Length && (text[i] != separator || isQuoted))
                continue;
            yield return text[begin..i].Trim();
            begin = i + 1;
        }
    }
}
