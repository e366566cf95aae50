using System.Text.Json.Serialization;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>What `doctor --json` prints.</summary>
internal sealed record DoctorReport
{
    public required string Version { get; init; }

    /// <summary>The account that was looked at, or null.</summary>
    public string? UrlEndpoint { get; init; }

    public required IReadOnlyList<FindingView> Checks { get; init; }

    /// <summary>With --url: what came.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DeliveryView? Delivery { get; init; }

    /// <summary>Of the first failure; 0 when there is none.</summary>
    public int ExitCode { get; init; }
}

/// <summary>One check.</summary>
internal sealed record FindingView
{
    public required string Check { get; init; }

    /// <summary>pass, info, warn or fail.</summary>
    public required string Status { get; init; }

    public required string Message { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Advice { get; init; }
}

/// <summary>One delivery.</summary>
internal sealed record DeliveryView
{
    public required string Url { get; init; }

    /// <summary>0 when there was no answer.</summary>
    public int Status { get; init; }

    public string? IkError { get; init; }

    public required string RequestId { get; init; }

    public string? CdnRequestId { get; init; }

    public string? Cache { get; init; }

    public long Bytes { get; init; }

    public double FirstByteMs { get; init; }

    public double? DownloadMs { get; init; }

    public double? TransformationMs { get; init; }

    public double? CdnMs { get; init; }

    /// <summary>origin download, transformation or CDN.</summary>
    public string? Slowest { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AllowHeader { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AllowAddresses { get; init; }
}
