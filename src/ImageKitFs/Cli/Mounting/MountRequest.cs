using ImageKitFs.Cli.Logging;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Mounting;

/// <summary>The command line of `mount`, read and checked piece by piece; paths are absolute. Holds no secret, only where it lies.</summary>
internal sealed record MountRequest
{
    public required string MountPoint { get; init; }

    /// <summary>Stay in this process.</summary>
    public bool Foreground { get; init; }

    /// <summary>This is the background process that <see cref="Launcher"/> started.</summary>
    public bool Launched { get; init; }

    public bool ReadOnly { get; init; }

    public bool JournalCommit { get; init; }

    public bool Strict { get; init; }

    /// <summary>keep-both, overwrite or fail.</summary>
    public string? OnConflict { get; init; }

    public string? CacheFolder { get; init; }

    public long? CacheBytes { get; init; }

    public long? SpoolBytes { get; init; }

    public TimeSpan? DirectoryTtl { get; init; }

    public TimeSpan? CommitDeadline { get; init; }

    public TimeSpan? RenameWait { get; init; }

    public TimeSpan? DrainTimeout { get; init; }

    /// <summary>Windows: how long closing a file waits for its upload.</summary>
    public TimeSpan? CloseWait { get; init; }

    public double? ReadsPerSecond { get; init; }

    public double? WritesPerSecond { get; init; }

    /// <summary>Windows: `\\imagekitfs\name`, when Windows asked for that name; null: derived from the account.</summary>
    public string? NetworkPath { get; init; }

    public string? Folder { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }

    public int? Umask { get; init; }

    /// <summary>shared, user or off.</summary>
    public string? Thumbnails { get; init; }

    public bool AllowOther { get; init; }

    public bool NonEmpty { get; init; }

    /// <summary>A stored account; what the other options say of it wins.</summary>
    public string? Profile { get; init; }

    public string? KeyFile { get; init; }

    public string? ApiEndpoint { get; init; }

    public string? UploadEndpoint { get; init; }

    public string? UrlEndpoint { get; init; }

    /// <summary>Serve this folder by the embedded emulator instead of an account.</summary>
    public string? EmulatorFolder { get; init; }

    /// <summary>Put sample pictures into an empty emulator library.</summary>
    public bool EmulatorSample { get; init; }

    public string? LogFile { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public LogFormat LogFormat { get; init; }

    public LogTarget LogTarget { get; init; }
}
