using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Engine;

/// <summary>Failures that a program can do nothing about, by the name of what it gets.</summary>
internal static class FailureWords
{
    /// <summary>The name of the error number on Linux; null for outcomes that belong to ordinary work: no such file, exists, not empty, interrupted.</summary>
    public static string? ErrnoOf(FsError error) => error switch
    {
        FsError.AccessDenied => "EACCES",
        FsError.Stale => "ESTALE",
        FsError.NoSpace => "ENOSPC",
        FsError.QuotaExceeded => "EDQUOT",
        FsError.TooLarge => "EFBIG",
        FsError.Throttled => "EBUSY",
        FsError.Remote => "EIO",
        FsError.TimedOut => "ETIMEDOUT",
        FsError.LocalFailure => "EIO",
        FsError.None or FsError.NotFound or FsError.Exists or FsError.NotDirectory or FsError.IsDirectory or FsError.NotEmpty or FsError.InvalidName
            or FsError.NameTooLong or FsError.InvalidArgument or FsError.BadHandle or FsError.NotSupported or FsError.NotPermitted or FsError.ReadOnly
            or FsError.Busy or FsError.Interrupted or FsError.NoAttribute or FsError.BufferTooSmall => null,
    };

    /// <summary>What to say when no request failed for it.</summary>
    public static string CauseOf(FsError error) => error switch
    {
        FsError.AccessDenied => "the key may not do this",
        FsError.Stale => "the version that is open is gone from the library",
        FsError.NoSpace => "this machine's disk or the spool's limit is full",
        FsError.QuotaExceeded => "the account's storage, or the file's version limit, is used up",
        FsError.TooLarge => "larger than the account accepts",
        FsError.Throttled => "ImageKit's rate limit lasts longer than a program should wait",
        FsError.TimedOut => "not done within the deadline",
        FsError.LocalFailure => "this machine could not store or read it",
        _ => "the service did not do it",
    };

    /// <summary>`read`, `opendir`: as system calls and their manual pages say.</summary>
    public static string WordOf(FsOperation operation) => operation.ToString().ToLowerInvariant();
}
