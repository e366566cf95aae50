using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>The hosts that a mount talks to.</summary>
internal static class EndpointHosts
{
    /// <summary>API, upload and delivery, each host once.</summary>
    public static IReadOnlyList<Uri> Of(ImageKitEndpoints endpoints) =>
        [.. new[] { endpoints.Api, endpoints.Upload, endpoints.Delivery }.DistinctBy(uri => uri.GetLeftPart(UriPartial.Authority))];
}
