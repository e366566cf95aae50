using System.Text.Json;
using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator;

/// <summary>The size limits of an ImageKit plan.</summary>
public enum Plan
{
    /// <summary>No limit.</summary>
    None,

    /// <summary>25 MB, video 100 MB.</summary>
    Free,

    /// <summary>40 MB, video 300 MB.</summary>
    Lite,

    /// <summary>50 MB, video 2 GB.</summary>
    Pro,
}

/// <summary>Pictures that exist without taking memory: made from their index when they are read.</summary>
/// <param name="Folders">How many folders, named <c>folder-00000</c> and up.</param>
/// <param name="FilesPerFolder">How many files in each, named <c>image-000000.png</c> and up.</param>
/// <param name="FileSize">Bytes of each file; from 33 on they start as a real PNG does.</param>
/// <param name="Parent">The folder that holds the folders.</param>
public sealed record SyntheticLibrary(int Folders, int FilesPerFolder, long FileSize = 100_000, string Parent = "/");

/// <summary>
/// How the emulator behaves. Every switch is off by default and then takes the default position of the reference; the comment names the
/// uncertain point (U1 to U40) that it decides. All but the first group can be changed while the server runs.
/// </summary>
public sealed record EmulatorOptions
{
    /// <summary>The port on 127.0.0.1; 0 takes a free one. Fixed once started.</summary>
    public int Port { get; init; }

    /// <summary>The folder that keeps the library across restarts; null keeps it in memory. Fixed once started.</summary>
    public string? Root { get; init; }

    /// <summary>Files made on the fly, or null. Fixed once started.</summary>
    public SyntheticLibrary? Synthetic { get; init; }

    /// <summary>The clock of times, job durations, lags, limits, latencies and stalls. Fixed once started.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The seed of whatever is drawn by lot: fault probabilities and unique file names. Fixed once started.</summary>
    public int Seed { get; init; }

    /// <summary>Fault rules to start with, in the grammar of <see cref="FaultPlan.Parse"/>. Fixed once started.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>The ImageKit id, the first part of every delivery path.</summary>
    public string ImageKitId { get; init; } = "demo";

    /// <summary>The private key that may do everything.</summary>
    public string PrivateKey { get; init; } = "private_emulator_key";

    /// <summary>The public key that client-side uploads name.</summary>
    public string PublicKey { get; init; } = "public_emulator_key";

    /// <summary>Restricted keys that may read and nothing else.</summary>
    public IReadOnlyList<string> ReadOnlyKeys { get; init; } = [];

    /// <summary>Rolled keys, answered with their own 403 text.</summary>
    public IReadOnlyList<string> ExpiredKeys { get; init; } = [];

    /// <summary>Every call is answered 403 <c>Your account is disabled.</c></summary>
    public bool AccountDisabled { get; init; }

    /// <summary>The upload size limits.</summary>
    public Plan Plan { get; init; }

    /// <summary>Bytes of storage, all versions counted; null is unlimited.</summary>
    public long? StorageQuotaBytes { get; init; }

    /// <summary>Versions per file.</summary>
    public int MaxVersions { get; init; } = 100;

    /// <summary>Files, folders and versions that one folder operation may touch.</summary>
    public int MaxNestedObjects { get; init; } = 100_000;

    /// <summary>Purges allowed since the start of the server.</summary>
    public int PurgeQuota { get; init; } = 1000;

    /// <summary>How long a purge stays <c>Pending</c>.</summary>
    public TimeSpan PurgeDuration { get; init; }

    /// <summary>How long a usage reply is repeated: the service caches it for 6 hours.</summary>
    public TimeSpan UsageCacheDuration { get; init; } = TimeSpan.FromHours(6);

    /// <summary>U1: how long listings go on showing the state before a change.</summary>
    public TimeSpan ListingLag { get; init; }

    /// <summary>U1: how many list calls go on showing the state before a change.</summary>
    public int ListingLagCalls { get; init; }

    /// <summary>U2, U31: folder rows leave the file keys out, where the default sends them as null.</summary>
    public bool OmitNullsOnFolderRows { get; init; }

    /// <summary>U3: listed URLs carry no <c>updatedAt</c>.</summary>
    public bool PlainListingUrls { get; init; }

    /// <summary>U4: the v2 tree sanitises names as v1 does.</summary>
    public bool V2Sanitises { get; init; }

    /// <summary>U5: <c>-</c> in the name of a created folder becomes <c>_</c>.</summary>
    public bool FolderDashReplaced { get; init; }

    /// <summary>U5: <c>.</c> in folder names is kept under v1.</summary>
    public bool FolderDotKept { get; init; }

    /// <summary>U6: empty files are stored.</summary>
    public bool AcceptEmptyUploads { get; init; }

    /// <summary>U7: one version too many drops the oldest instead of being refused.</summary>
    public bool DropOldestVersion { get; init; }

    /// <summary>U8: after a move or copy onto a taken name the destination's version stays current.</summary>
    public bool MergeKeepsCurrent { get; init; }

    /// <summary>U9: a moved file gets a new id.</summary>
    public bool MoveChangesFileId { get; init; }

    /// <summary>U10: moving or copying to a missing folder is refused.</summary>
    public bool RefuseMissingDestination { get; init; }

    /// <summary>U11: a wrong key is answered 401.</summary>
    public bool BadKeyIs401 { get; init; }

    /// <summary>U12: a full quota is answered 400.</summary>
    public bool QuotaFullIs400 { get; init; }

    /// <summary>U13: delivery always has the newest bytes.</summary>
    public bool CdnAlwaysFresh { get; init; }

    /// <summary>U14: <c>Range</c> is ignored.</summary>
    public bool IgnoreRange { get; init; }

    /// <summary>U15: unnamed transformations are refused, <c>orig-true</c> among them.</summary>
    public bool RestrictUnnamedTransformations { get; init; }

    /// <summary>U16: images without <c>tr</c> are delivered as stored.</summary>
    public bool ServeOriginalImages { get; init; }

    /// <summary>U17: moving or copying an empty folder is answered 404.</summary>
    public bool RefuseEmptyFolderJobs { get; init; }

    /// <summary>U18: how long a folder job stays <c>Pending</c>.</summary>
    public TimeSpan JobDuration { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>U18: the files of a job arrive one by one while it runs.</summary>
    public bool PartialJobs { get; init; }

    /// <summary>U19: a file and a folder cannot share a name.</summary>
    public bool RefuseSharedNames { get; init; }

    /// <summary>U20: a private file without a signature is answered 403.</summary>
    public bool PrivateIs403 { get; init; }

    /// <summary>U21: uploading one path too often is refused.</summary>
    public bool UploadThrottle { get; init; }

    /// <summary>U35: uploads of one path that the throttle lets through in its window.</summary>
    public int UploadThrottleCount { get; init; } = 5;

    /// <summary>U35: the window of the upload throttle.</summary>
    public TimeSpan UploadThrottleWindow { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>U22: calls of the management API are rate limited.</summary>
    public bool RateLimits { get; init; }

    /// <summary>U22: reads per second.</summary>
    public int ReadsPerSecond { get; init; } = 40;

    /// <summary>U22: reads at once.</summary>
    public int ReadBurst { get; init; } = 100;

    /// <summary>U22: writes per second.</summary>
    public int WritesPerSecond { get; init; } = 5;

    /// <summary>U22: writes at once.</summary>
    public int WriteBurst { get; init; } = 20;

    /// <summary>U22: every endpoint has its own budget; by default all reads share one and all writes another.</summary>
    public bool RateLimitPerEndpoint { get; init; }

    /// <summary>U23: PATCH leaves <c>updatedAt</c>.</summary>
    public bool PatchKeepsUpdatedAt { get; init; }

    /// <summary>U24: a malformed id is answered 404 as an unknown one.</summary>
    public bool AnyIdFormat { get; init; }

    /// <summary>U25: <c>path</c> inside a search query is refused.</summary>
    public bool RefusePathQueries { get; init; }

    /// <summary>U26: delivery never compresses.</summary>
    public bool NoContentEncoding { get; init; }

    /// <summary>U27: renaming to a name that sanitises to the present one is answered 409.</summary>
    public bool SameSanitisedNameIs409 { get; init; }

    /// <summary>U29: rename, move and restore leave <c>updatedAt</c>.</summary>
    public bool MovesKeepUpdatedAt { get; init; }

    /// <summary>U30: overlapping folder jobs are accepted.</summary>
    public bool NeverLocked { get; init; }

    /// <summary>U32: a search without a type test returns files only.</summary>
    public bool SearchFilesOnly { get; init; }

    /// <summary>U33: a megabyte of the plan limits is 10^6 bytes.</summary>
    public bool DecimalMegabytes { get; init; }

    /// <summary>U34: <c>? # %</c> are kept in v2 names.</summary>
    public bool V2KeepsUrlCharacters { get; init; }

    /// <summary>U36: the CDN does not count the signature as part of the URL.</summary>
    public bool CdnIgnoresSignature { get; init; }

    /// <summary>U37: videos without <c>orig-true</c> are altered.</summary>
    public bool AlterVideos { get; init; }

    /// <summary>U38: version numbers repeat after pruning or restoring.</summary>
    public bool VersionNumbersRepeat { get; init; }

    /// <summary>U39: custom metadata sent on overwrite is merged key by key.</summary>
    public bool MergeCustomMetadata { get; init; }

    /// <summary>U40: an overwrite keeps the description.</summary>
    public bool KeepDescription { get; init; }

    /// <summary>Tolerates unquoted part names and a missing file name in uploads, which the default refuses.</summary>
    public bool LenientMultipart { get; init; }

    /// <summary>The account refuses every delivery without a signature.</summary>
    public bool RestrictUnsignedUrls { get; init; }

    /// <summary>Calls about URL endpoints and origins are answered 403, as for a key without rights to them.</summary>
    public bool AccountApiForbidden { get; init; }

    /// <summary>Origins that fail, as <c>NAME=CODE</c>: <c>EACCES</c>, <c>ECONNREFUSED</c> or <c>UNIDENTIFIED</c>.</summary>
    public IReadOnlyList<string> OriginErrors { get; init; } = [];

    /// <summary>What delivery says the origin took, in <c>Server-Timing</c>; it is not waited.</summary>
    public TimeSpan ReportedDownload { get; init; } = TimeSpan.FromMilliseconds(3);

    /// <summary>What delivery says a transformation took, in <c>Server-Timing</c>; it is not waited.</summary>
    public TimeSpan ReportedTransformation { get; init; } = TimeSpan.FromMilliseconds(12);

    /// <summary>How far the service's clock is ahead of the right one: <c>Date</c> and the end of signatures.</summary>
    public TimeSpan ClockSkew { get; init; }

    /// <summary>Waited before every request.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Bytes per second of each connection, in either direction; 0 is unlimited.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>These options with one switch changed by its name, as <c>/__options</c> does it: <c>true</c>, numbers, milliseconds, text.</summary>
    /// <exception cref="FormatException">The name is unknown or the value of the wrong type.</exception>
    public EmulatorOptions With(string name, string value)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(value.ToLowerInvariant());
        }
        catch (JsonException)
        {
            node = JsonValue.Create(value);
        }

        return OptionTable.Apply(this, new JsonObject { [name] = node });
    }
}
