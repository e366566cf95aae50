using System.Text.Json.Serialization;

namespace ImageKitFs.Cli.Profiles;

/// <summary>A profile as `profiles --json` shows it: everything but the key.</summary>
internal sealed record ProfileView
{
    public required string Name { get; init; }

    public string? UrlEndpoint { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? UrlEndpoints { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ApiEndpoint { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UploadEndpoint { get; init; }

    /// <summary>Where the key is kept: keyring, dpapi or file. Null when the profile cannot be read.</summary>
    public string? Key { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Why the profile cannot be used, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Problem { get; init; }
}
