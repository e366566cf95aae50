namespace ImageKitFs.Core.Config;

/// <summary>When close and fsync return.</summary>
public enum CommitMode
{
    /// <summary>When the library has the file.</summary>
    Close,

    /// <summary>When this machine's journal has it.</summary>
    Journal,
}

/// <summary>What happens when someone else changed a file that was changed here too.</summary>
public enum ConflictPolicy
{
    /// <summary>Theirs stays under the name, ours goes beside it under a conflict name.</summary>
    KeepBoth,

    /// <summary>Ours becomes current; theirs stays in the version history.</summary>
    Overwrite,

    /// <summary>Theirs stays; the writer gets an error and ours is kept locally.</summary>
    Fail,
}

/// <summary>Everything the engine is told about one mount. Parsed once, checked as a whole by <see cref="Validate"/>, then never changed.</summary>
public sealed record MountOptions
{
    private const long Gibibyte = 1L << 30;

    /// <summary>A cache under this evicts what it has just read: one large image and a block map.</summary>
    private const long MinCacheBytes = 16L << 20;

    /// <summary>Longer waits than a day are typing errors.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <summary>Where the service answers.</summary>
    public required ImageKitEndpoints Endpoints { get; init; }

    /// <summary>The private key.</summary>
    public required SecretKey Key { get; init; }

    /// <summary>Folder of the content cache; disposable.</summary>
    public required string CacheDirectory { get; init; }

    /// <summary>Folder of journal and spool; holds what the library does not have yet.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>--commit.</summary>
    public CommitMode Commit { get; init; } = CommitMode.Close;

    /// <summary>--on-conflict.</summary>
    public ConflictPolicy OnConflict { get; init; } = ConflictPolicy.KeepBoth;

    /// <summary>--cache-size: bytes of clean content kept on disk.</summary>
    public long CacheBytes { get; init; } = 10 * Gibibyte;

    /// <summary>--spool-size: bytes of dirty content that may wait on disk; null: as much as the disk holds.</summary>
    public long? SpoolBytes { get; init; }

    /// <summary>--dir-ttl: how long a listing answers without being asked for again.</summary>
    public TimeSpan DirectoryTtl { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>--folder: the remote folder that is mounted; "/" is the whole library.</summary>
    public string Folder { get; init; } = "/";

    /// <summary>Owner shown for what has no stored owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group shown for what has no stored group.</summary>
    public uint Gid { get; init; }

    /// <summary>Permission bits taken away from 0666 and 0777; 022 octal.</summary>
    public uint Umask { get; init; } = 0b000_010_010;

    /// <summary>--read-only.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Called once when the service has shown that the key reads and nothing else, so that the next mount knows.</summary>
    public Action? FoundReadOnlyKey { get; init; }

    /// <summary>--strict: moves always go through a unique name.</summary>
    public bool Strict { get; init; }

    /// <summary>How long unmount works on what is pending.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a rename that commits data waits for the library before the journal answers for it.</summary>
    public TimeSpan RenameWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after its last close a temporary file stays local.</summary>
    public TimeSpan TransientDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a folder must be quiet before its unlinks are sent together.</summary>
    public TimeSpan UnlinkQuiet { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>`imagekitfs setup-mtime` was run here for this account. Otherwise rows that have a stored time tell.</summary>
    public bool StoresTimes { get; init; }

    /// <summary>
    /// --commit-deadline, with <see cref="CommitMode.Close"/>: how long close retries a commit that failed before it reports the failure; an upload that makes
    /// progress is not cut. Sooner when the service cannot be connected to; twice as long when it wants the file less often.
    /// </summary>
    public TimeSpan CommitDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>--thumbnails: thumbnails made by the service are shown in every folder's unlisted .sh_thumbnails.</summary>
    public bool SharedThumbnails { get; init; } = true;

    /// <summary>--thumbnails user: the folder of a user's own thumbnails that is filled for folders as they are opened; null: none.</summary>
    public string? ThumbnailFolder { get; init; }

    /// <summary>Where the volume is mounted, as its user's programs name it; null when it is not known.</summary>
    public string? MountPoint { get; init; }

    /// <summary>Told the name of every step of a change as it is passed (<c>Engine/Step.cs</c>), so that a crash test can end the process there; else null.</summary>
    public Action<string>? StepReached { get; init; }

    /// <summary>Largest file that the account's plan accepts; null: not known, the service decides.</summary>
    public long? MaxFileBytes { get; init; }

    /// <summary>Size of the volume for statfs; null: not known, a large value is shown.</summary>
    public long? VolumeBytes { get; init; }

    /// <summary>Named in conflict copies.</summary>
    public string HostName { get; init; } = "host";

    /// <summary>Longest remote name in bytes of UTF-8, escapes included.</summary>
    public int MaxNameBytes { get; init; } = 255;

    /// <summary>Longest remote path in bytes of UTF-8, escapes included.</summary>
    public int MaxPathBytes { get; init; } = 1000;

    /// <summary>Uploads side by side.</summary>
    public int ParallelUploads { get; init; } = 16;

    /// <summary>Read requests a second that the account allows; 0 switches the client's own limit off.</summary>
    public double ReadsPerSecond { get; init; } = 40;

    /// <summary>Write requests a second that the account allows (uploads are exempt); 0 switches the client's own limit off.</summary>
    public double WritesPerSecond { get; init; } = 5;

    /// <summary>All that is wrong with these options, one sentence each; empty when they can be used.</summary>
    public IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        if (Endpoints is null)
            problems.Add("The endpoints are missing.");
        if (Key is null)
            problems.Add("The private key is missing.");
        CheckFolderPath(problems, "cache folder", CacheDirectory);
        CheckFolderPath(problems, "state folder", StateDirectory);
        if (!Enum.IsDefined(Commit))
            problems.Add("--commit must be close or journal.");
        if (!Enum.IsDefined(OnConflict))
            problems.Add("--on-conflict must be keep-both, overwrite or fail.");
        if (!Names.RemotePath.IsWellFormed(Folder))
            problems.Add("--folder must be an absolute path in the library, such as /photos, without a trailing slash.");
        if (CacheBytes < MinCacheBytes)
            problems.Add("--cache-size must be at least 16 MiB.");
        if (Umask > 0b111_111_111)
            problems.Add("--umask must be an octal number up to 777.");
        CheckPositive(problems, "--spool-size", SpoolBytes);
        CheckPositive(problems, "The largest file size", MaxFileBytes);
        CheckPositive(problems, "The volume size", VolumeBytes);
        CheckWait(problems, "--dir-ttl", DirectoryTtl);
        CheckWait(problems, "--drain-timeout", DrainTimeout);
        CheckWait(problems, "--rename-wait", RenameWait);
        CheckWait(problems, "The delay for temporary files", TransientDelay);
        CheckWait(problems, "The delay for deletes", UnlinkQuiet);
        CheckWait(problems, "--commit-deadline", CommitDeadline);
        CheckRate(problems, "Reads per second", ReadsPerSecond);
        CheckRate(problems, "Writes per second", WritesPerSecond);
        if (string.IsNullOrWhiteSpace(HostName))
            problems.Add("The host name is empty.");
        if (MaxNameBytes is < 16 or > 1024)
            problems.Add("The longest remote name must be 16 to 1024 bytes.");
        if (MaxPathBytes < MaxNameBytes || MaxPathBytes > 8192)
            problems.Add("The longest remote path must be at least the longest name and at most 8192 bytes.");
        if (ParallelUploads is < 1 or > 64)
            problems.Add("1 to 64 uploads may run side by side.");
        return problems;
    }

    private static void CheckFolderPath(List<string> problems, string what, string path)
    {
        if (string.IsNullOrEmpty(path) || !Path.IsPathFullyQualified(path))
            problems.Add($"The {what} must be an absolute path.");
    }

    private static void CheckPositive(List<string> problems, string what, long? value)
    {
        if (value <= 0)
            problems.Add($"{what} must be more than 0.");
    }

    private static void CheckWait(List<string> problems, string what, TimeSpan value)
    {
        if (value < TimeSpan.Zero || value > LongestWait)
            problems.Add($"{what} must be between 0 and one day.");
    }

    private static void CheckRate(List<string> problems, string what, double value)
    {
        if (!double.IsFinite(value) || value < 0)
            problems.Add($"{what} must be 0 (no limit) or more.");
    }
}
