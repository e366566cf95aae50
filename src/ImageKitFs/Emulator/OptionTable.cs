using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator;

/// <summary>The options that can be changed while the server runs, by name: times in milliseconds, names in any case.</summary>
internal static class OptionTable
{
    private static readonly Dictionary<string, Func<EmulatorOptions, JsonNode?, EmulatorOptions>> Setters = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ImageKitId"] = (options, value) => options with { ImageKitId = value!.GetValue<string>() },
        ["PrivateKey"] = (options, value) => options with { PrivateKey = value!.GetValue<string>() },
        ["PublicKey"] = (options, value) => options with { PublicKey = value!.GetValue<string>() },
        ["AccountDisabled"] = (options, value) => options with { AccountDisabled = value!.GetValue<bool>() },
        ["Plan"] = (options, value) => options with { Plan = Enum.Parse<Plan>(value!.GetValue<string>(), ignoreCase: true) },
        ["StorageQuotaBytes"] = (options, value) => options with { StorageQuotaBytes = value?.GetValue<long>() },
        ["MaxVersions"] = (options, value) => options with { MaxVersions = value!.GetValue<int>() },
        ["MaxNestedObjects"] = (options, value) => options with { MaxNestedObjects = value!.GetValue<int>() },
        ["PurgeQuota"] = (options, value) => options with { PurgeQuota = value!.GetValue<int>() },
        ["PurgeDuration"] = (options, value) => options with { PurgeDuration = TimeSpan.FromMilliseconds(value!.GetValue<double>()) },
        ["UsageCacheDuration"] = (options, value) => options with { UsageCacheDuration = TimeSpan.FromMilliseconds(value!.GetValue<double>()) },
        ["ListingLag"] = (options, value) => options with { ListingLag = TimeSpan.FromMilliseconds(value!.GetValue<double>()) },
        ["ListingLagCalls"] = (options, value) => options with { ListingLagCalls = value!.GetValue<int>() },
        ["OmitNullsOnFolderRows"] = (options, value) => options with { OmitNullsOnFolderRows = value!.GetValue<bool>() },
        ["PlainListingUrls"] = (options, value) => options with { PlainListingUrls = value!.GetValue<bool>() },
        ["V2Sanitises"] = (options, value) => options with { V2Sanitises = value!.GetValue<bool>() },
        ["FolderDashReplaced"] = (options, value) => options with { FolderDashReplaced = value!.GetValue<bool>() },
        ["FolderDotKept"] = (options, value) => options with { FolderDotKept = value!.GetValue<bool>() },
        ["AcceptEmptyUploads"] = (options, value) => options with { AcceptEmptyUploads = value!.GetValue<bool>() },
        ["DropOldestVersion"] = (options, value) => options with { DropOldestVersion = value!.GetValue<bool>() },
        ["MergeKeepsCurrent"] = (options, value) => options with { MergeKeepsCurrent = value!.GetValue<bool>() },
        ["MoveChangesFileId"] = (options, value) => options with { MoveChangesFileId = value!.GetValue<bool>() },
        ["RefuseMissingDestination"] = (options, value) => options with { RefuseMissingDestination = value!.GetValue<bool>() },
        ["BadKeyIs401"] = (options, value) => options with { BadKeyIs401 = value!.GetValue<bool>() },
        ["QuotaFullIs400"] = (options, value) => options with { QuotaFullIs400 = value!.GetValue<bool>() },
        ["CdnAlwaysFresh"] = (options, value) => options with { CdnAlwaysFresh = value!.GetValue<bool>() },
        ["IgnoreRange"] = (options, value) => options with { IgnoreRange = value!.GetValue<bool>() },
        ["RestrictUnnamedTransformations"] = (options, value) => options with { RestrictUnnamedTransformations = value!.GetValue<bool>() },
        ["ServeOriginalImages"] = (options, value) => options with { ServeOriginalImages = value!.GetValue<bool>() },
        ["RefuseEmptyFolderJobs"] = (options, value) => options with { RefuseEmptyFolderJobs = value!.GetValue<bool>() },
        ["JobDuration"] = (options, value) => options with { JobDuration = TimeSpan.FromMilliseconds(value!.GetValue<double>()) },
        ["PartialJobs"] = (options, value) => options with { PartialJobs = value!.GetValue<bool>() },
        ["RefuseSharedNames"] = (options, value) => options with { RefuseSharedNames = value!.GetValue<bool>() },
        ["PrivateIs403"] = (options, value) => options with { PrivateIs403 = value!.GetValue<bool>() },
        ["UploadThrottle"] = (options, value) => options with { UploadThrottle = value!.GetValue<bool>() },
        ["UploadThrottleCount"] = (options, value) => options with { UploadThrottleCount = value!.GetValue<int>() },
        ["UploadThrottleWindow"] = (options, value) => options with { UploadThrottleWindow = TimeSpan.FromMilliseconds(value!.GetValue<double>()) },
        ["RateLimits"] = (options, value) => options with { RateLimits = value!.GetValue<bool>() },
        ["ReadsPerSecond"] = (options, value) => options with { ReadsPerSecond = value!.GetValue<int>() },
        ["ReadBurst"] = (options, value) => options with { ReadBurst = value!.GetValue<int>() },
        ["WritesPerSecond"] = (options, value) => options with { WritesPerSecond = value!.GetValue<int>() },
        ["WriteBurst"] = (options, value) => options with { WriteBurst = value!.GetValue<int>() },
        ["RateLimitPerEndpoint"] = (options, value) => options with { RateLimitPerEndpoint = value!.GetValue<bool>() },
        ["PatchKeepsUpdatedAt"] = (options, value) => options with { PatchKeepsUpdatedAt = value!.GetValue<bool>() },
        ["AnyIdFormat"] = (options, value) => options with { AnyIdFormat = value!.GetValue<bool>() },
        ["RefusePathQueries"] = (options, value) => options with { RefusePathQueries = value!.GetValue<bool>() },
        ["NoContentEncoding"] = (options, value) => options with { NoContentEncoding = value!.GetValue<bool>() },
        ["SameSanitisedNameIs409"] = (options, value) => options with { SameSanitisedNameIs409 = value!.GetValue<bool>() },
        ["MovesKeepUpdatedAt"] = (options, value) => options with { MovesKeepUpdatedAt = value!.GetValue<bool>() },
        ["NeverLocked"] = (options, value) => options with { NeverLocked = value!.GetValue<bool>() },
        ["SearchFilesOnly"] = (options, value) => options with { SearchFilesOnly = value!.GetValue<bool>() },
        ["DecimalMegabytes"] = (options, value) => options with { DecimalMegabytes = value!.GetValue<bool>() },
        ["V2KeepsUrlCharacters"] = (options, value) => options with { V2KeepsUrlCharacters = value!.GetValue<bool>() },
        ["CdnIgnoresSignature"] = (options, value) => options with { CdnIgnoresSignature = value!.GetValue<bool>() },
        ["AlterVideos"] = (options, value) => options with { AlterVideos = value!.GetValue<bool>() },
        ["VersionNumbersRepeat"] = (options, value) => options with { VersionNumbersRepeat = value!.GetValue<bool>() },
        ["MergeCustomMetadata"] = (options, value) => options with { MergeCustomMetadata = value!.GetValue<bool>() },
        ["KeepDescription"] = (options, value) => options with { KeepDescription = value!.GetValue<bool>() },
        ["LenientMultipart"] = (options, value) => options with { LenientMultipart = value!.GetValue<bool>() },
        ["RestrictUnsignedUrls"] = (options, value) => options with { RestrictUnsignedUrls = value!.GetValue<bool>() },
        ["AccountApiForbidden"] = (options, value) => options with { AccountApiForbidden = value!.GetValue<bool>() },
        ["OriginErrors"] = (options, value) => options with { OriginErrors = Texts(value) },
        ["ReportedDownload"] = (options, value) => options with { ReportedDownload = TimeSpan.FromMilliseconds(value!.GetValue<double>()) },
        ["ReportedTransformation"] = (options, value) => options with { ReportedTransformation = TimeSpan.FromMilliseconds(value!.GetValue<double>()) },
        ["ClockSkew"] = (options, value) => options with { ClockSkew = TimeSpan.FromMilliseconds(value!.GetValue<double>()) },
        ["Latency"] = (options, value) => options with { Latency = TimeSpan.FromMilliseconds(value!.GetValue<double>()) },
        ["BytesPerSecond"] = (options, value) => options with { BytesPerSecond = value!.GetValue<long>() },
        ["ReadOnlyKeys"] = (options, value) => options with { ReadOnlyKeys = Texts(value) },
        ["ExpiredKeys"] = (options, value) => options with { ExpiredKeys = Texts(value) },
    };

    /// <summary>The names.</summary>
    public static IEnumerable<string> Names => Setters.Keys;

    /// <summary>Applies changes, all or none.</summary>
    /// <exception cref="FormatException">A name is unknown or a value of the wrong type.</exception>
    public static EmulatorOptions Apply(EmulatorOptions options, JsonObject changes)
    {
        foreach ((string name, JsonNode? value) in changes)
        {
            if (!Setters.TryGetValue(name, out Func<EmulatorOptions, JsonNode?, EmulatorOptions>? set))
                throw new FormatException($"unknown option '{name}'; one of {string.Join(", ", Names)}");
            try
            {
                options = set(options, value);
            }
            catch (Exception e) when (e is InvalidOperationException or FormatException or ArgumentException or NullReferenceException or OverflowException)
            {
                throw new FormatException($"option '{name}' does not take {value?.ToJsonString() ?? "null"}", e);
            }
        }

        return options;
    }

    // A list, or its members between commas, as a command line has them.
    private static string[] Texts(JsonNode? value) => value is JsonValue text
        ? text.GetValue<string>().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        : [.. value!.AsArray().Select(item => item!.GetValue<string>())];
}
