namespace ImageKitFs.Core.FileSystem;

/// <summary>What happened, in our terms. Closed: each platform maps every member and a new one does not compile until both do.</summary>
public enum FsError
{
    /// <summary>It worked.</summary>
    None = 0,

    /// <summary>No such file or folder.</summary>
    NotFound,

    /// <summary>The name is taken.</summary>
    Exists,

    /// <summary>A folder operation met a file.</summary>
    NotDirectory,

    /// <summary>A file operation met a folder.</summary>
    IsDirectory,

    /// <summary>The folder has entries.</summary>
    NotEmpty,

    /// <summary>The name cannot be stored: empty, ".", "..", '/', NUL or not Unicode.</summary>
    InvalidName,

    /// <summary>The name, or the whole path, is longer than the library stores.</summary>
    NameTooLong,

    /// <summary>The arguments make no sense together.</summary>
    InvalidArgument,

    /// <summary>The handle is not open, or not open for this.</summary>
    BadHandle,

    /// <summary>This mount, or this file, cannot do that (EOPNOTSUPP).</summary>
    NotSupported,

    /// <summary>Refused by what the library is: links, devices, trash folders (EPERM).</summary>
    NotPermitted,

    /// <summary>The service refused the key, or the key may not do this (EACCES).</summary>
    AccessDenied,

    /// <summary>The mount or the key is read-only.</summary>
    ReadOnly,

    /// <summary>Someone is using it: a folder job, or a rename that ran into its deadline.</summary>
    Busy,

    /// <summary>The version that is open is gone from the library.</summary>
    Stale,

    /// <summary>The local disk or the spool's limit is full; the library is not.</summary>
    NoSpace,

    /// <summary>The account's storage, or a file's version limit, is used up.</summary>
    QuotaExceeded,

    /// <summary>Larger than the plan accepts.</summary>
    TooLarge,

    /// <summary>Rate limited past the deadline.</summary>
    Throttled,

    /// <summary>The service or the network failed after the last retry.</summary>
    Remote,

    /// <summary>No answer within the deadline.</summary>
    TimedOut,

    /// <summary>The caller was interrupted by a signal.</summary>
    Interrupted,

    /// <summary>The extended attribute does not exist.</summary>
    NoAttribute,

    /// <summary>The caller's buffer is too small for the value, or the value of an attribute is longer than the library stores (ERANGE).</summary>
    BufferTooSmall,

    /// <summary>A local disk or journal failed, or a bug was met; the log says which.</summary>
    LocalFailure,
}
