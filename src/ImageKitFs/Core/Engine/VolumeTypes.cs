namespace ImageKitFs.Core.Engine;

/// <summary>Why a volume could not be opened; the Cli gives each its exit code.</summary>
public enum VolumeFailure
{
    /// <summary>The options make no sense; the message lists what to change.</summary>
    BadOptions,

    /// <summary>The service refused the key (401, 403).</summary>
    BadKey,

    /// <summary>The service could not be reached.</summary>
    NoNetwork,

    /// <summary>The service answered, but not as documented, or with 5xx.</summary>
    Service,

    /// <summary>Another process holds the cache folder.</summary>
    CacheBusy,

    /// <summary>The cache or state folder cannot be written.</summary>
    CacheUnusable,

    /// <summary>A newer program wrote what lies in the state folder; nothing was touched.</summary>
    NewerFormat,
}

/// <summary>A volume could not be opened. The message is one line, says what to do next and holds no secret.</summary>
public sealed class VolumeException : Exception
{
    /// <summary>Makes one.</summary>
    public VolumeException(VolumeFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>The cause, for the exit code.</summary>
    public VolumeFailure Failure { get; }
}

/// <summary>One file or folder operation that the library does not have yet.</summary>
/// <param name="Path">As the user sees it, from the mount's root.</param>
/// <param name="Operation">upload, delete, rename, mkdir, rmdir, times (an mtime that the account is to store), details (tags, description, custom metadata), placeholder, local.</param>
/// <param name="State">
/// writing (open, not closed or synced yet), unsaved (its last close found no room on this machine), waiting, sent, failed, held (a temporary name),
/// local (never uploaded: junk, empty files).
/// </param>
/// <param name="Bytes">Bytes that are only here.</param>
/// <param name="Error">The last error, one line, or null.</param>
public sealed record PendingItem(string Path, string Operation, string State, long Bytes, string? Error);

/// <summary>What `status` shows.</summary>
public sealed record VolumeStatus
{
    /// <summary>The delivery prefix: which account this is. Not secret.</summary>
    public required string UrlEndpoint { get; init; }

    /// <summary>Where its API is asked. Null: a mount of an older program does not tell.</summary>
    public string? ApiEndpoint { get; init; }

    /// <summary>The folder of the library that is the mount's root, names as the mount shows them. Null: a mount of an older program does not tell.</summary>
    public string? Folder { get; init; }

    /// <summary>Process that serves the mount.</summary>
    public required int ProcessId { get; init; }

    /// <summary>True when the mount is read-only.</summary>
    public required bool ReadOnly { get; init; }

    /// <summary>close or journal.</summary>
    public required string Commit { get; init; }

    /// <summary>Where clean copies lie.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Where the journal and dirty bytes lie.</summary>
    public required string StateFolder { get; init; }

    /// <summary>True while the service cannot be reached.</summary>
    public required bool Offline { get; init; }

    /// <summary>Everything that is not yet in the library: what is being written, what failed, then the rest in order; at most <see cref="MaxItems"/>.</summary>
    public required IReadOnlyList<PendingItem> Pending { get; init; }

    /// <summary>How many are not yet in the library and will be pushed.</summary>
    public required int PendingCount { get; init; }

    /// <summary>Bytes of those.</summary>
    public required long PendingBytes { get; init; }

    /// <summary>How many files were changed here and are not even in the journal yet: open, or without room for them.</summary>
    public required int WritingCount { get; init; }

    /// <summary>Bytes of those, whole files.</summary>
    public required long WritingBytes { get; init; }

    /// <summary>Files of which the library does not have the bytes yet, each counted once.</summary>
    public required int NotDurableFiles { get; init; }

    /// <summary>Bytes of those.</summary>
    public required long NotDurableBytes { get; init; }

    /// <summary>How many failed and wait for a retry.</summary>
    public required int FailedCount { get; init; }

    /// <summary>Files that stay local by rule: empty ones, junk.</summary>
    public required int LocalCount { get; init; }

    /// <summary>Files that only `imagekitfs recover` can take out.</summary>
    public required int RecoverCount { get; init; }

    /// <summary>What this mount found of earlier runs.</summary>
    public required ResumeReport Resumed { get; init; }

    /// <summary>Bytes that changed files take on this machine.</summary>
    public required long SpoolBytes { get; init; }

    /// <summary>How many they may take; null: as many as the disk holds.</summary>
    public long? SpoolLimit { get; init; }

    /// <summary>Clean bytes in the cache.</summary>
    public required long CacheBytes { get; init; }

    /// <summary>What is pinned, and what is or was fetched by `warm`. Null: a mount of an older program does not tell.</summary>
    public IReadOnlyList<LocalCopyItem>? LocalCopies { get; init; }

    /// <summary>Requests since the mount, by kind.</summary>
    public required IReadOnlyDictionary<string, long> Requests { get; init; }

    /// <summary>The last errors, newest first, with request ids.</summary>
    public required IReadOnlyList<string> LastErrors { get; init; }

    /// <summary>Where it is mounted. Null here and below: a mount of an older program does not tell.</summary>
    public string? MountPoint { get; init; }

    /// <summary>The program's version.</summary>
    public string? Version { get; init; }

    /// <summary>When the library was opened.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Seconds since then.</summary>
    public long? UptimeSeconds { get; init; }

    /// <summary>Memory of the process that is in RAM.</summary>
    public long? ResidentBytes { get; init; }

    /// <summary>The cache and what reads found in it.</summary>
    public CacheUse? Cache { get; init; }

    /// <summary>What went over the line.</summary>
    public Traffic? Traffic { get; init; }

    /// <summary>Requests and rate limits by class: reads, writes, uploads, delivery.</summary>
    public IReadOnlyList<RequestClass>? RequestClasses { get; init; }

    /// <summary>What <see cref="LastErrors"/> says, in fields.</summary>
    public IReadOnlyList<ServiceError>? ServiceErrors { get; init; }

    /// <summary>The last calls of programs that failed, newest first.</summary>
    public IReadOnlyList<OperationFailure>? FailedOperations { get; init; }

    /// <summary>How many calls of programs failed so since the mount.</summary>
    public long? FailedOperationCount { get; init; }

    /// <summary>1000: a status of a million items helps nobody; the counts are exact.</summary>
    public const int MaxItems = 1000;
}

/// <summary>How a drain ended.</summary>
/// <param name="Remaining">Operations still only here, to be resumed by the next mount.</param>
/// <param name="Failed">Of these, the ones that were refused.</param>
/// <param name="Items">The first of them.</param>
public sealed record DrainReport(int Remaining, int Failed, IReadOnlyList<PendingItem> Items)
{
    /// <summary>How many of these are files that programs have open and are writing: theirs to close.</summary>
    public int Writing { get; init; }

    /// <summary>True when the library has everything that was closed or synced.</summary>
    public bool IsSynced => Remaining == Writing;

    /// <summary>True when the library has everything.</summary>
    public bool Complete => Remaining == 0;
}

/// <summary>Progress of a drain.</summary>
public readonly record struct DrainProgress(int Remaining, long RemainingBytes);
