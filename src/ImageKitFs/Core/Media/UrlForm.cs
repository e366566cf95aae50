namespace ImageKitFs.Core.Media;

/// <summary>How a delivery URL is written.</summary>
public sealed record UrlForm
{
    /// <summary>Such as w-300,h-300; null for the file as it is delivered by default.</summary>
    public string? Transformation { get; init; }

    /// <summary>As tr:w-300,h-300/ before the path instead of ?tr=w-300,h-300 behind it.</summary>
    public bool TransformationInPath { get; init; }

    /// <summary>Signed also when the file is public.</summary>
    public bool IsSigned { get; init; }

    /// <summary>How long the URL works; null: for ever. What expires is signed.</summary>
    public TimeSpan? Lifetime { get; init; }
}
