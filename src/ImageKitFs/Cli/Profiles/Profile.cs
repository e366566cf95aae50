using System.Text.Json.Serialization;

namespace ImageKitFs.Cli.Profiles;

/// <summary>A stored account: where it is, and its key as <see cref="KeyProtection"/> left it.</summary>
internal sealed record Profile
{
    public required string UrlEndpoint { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ApiEndpoint { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UploadEndpoint { get; init; }

    /// <summary>Base64. Never shown.</summary>
    public required string Key { get; init; }

    /// <inheritdoc/>
    public override string ToString() => UrlEndpoint;
}
