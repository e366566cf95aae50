using System.Text.Json.Serialization;

namespace ImageKitFs.Cli.Profiles;

/// <summary>A stored account: where it is, and where its key is kept.</summary>
internal sealed record Profile
{
    /// <summary>The URL endpoint that files are read through.</summary>
    public required string UrlEndpoint { get; init; }

    /// <summary>Every URL endpoint that the account named when it was stored, in its order; null when it named none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? UrlEndpoints { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ApiEndpoint { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UploadEndpoint { get; init; }

    /// <summary>The key may read and nothing else: mounts are read-only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReadOnly { get; init; }

    /// <summary>Base64, as <see cref="KeyProtection"/> left it; null when the key is in the keyring. Never shown.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }

    /// <summary>By which the keyring knows the key; null when it is here.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? KeyringId { get; init; }

    /// <inheritdoc/>
    public override string ToString() => UrlEndpoint;
}
