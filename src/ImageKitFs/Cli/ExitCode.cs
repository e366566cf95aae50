namespace ImageKitFs.Cli;

/// <summary>The exit status of every command: one number per cause, stable, listed in README.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>A cause that has no number of its own.</summary>
    Failed = 1,

    /// <summary>Unknown option, bad value, or options that do not go together.</summary>
    Usage = 2,

    /// <summary>The service refused the private key, or its file cannot be used.</summary>
    BadKey = 3,

    /// <summary>The service could not be reached.</summary>
    NoNetwork = 4,

    /// <summary>/dev/fuse is missing.</summary>
    NoFuseDevice = 5,

    /// <summary>fusermount3 is not installed.</summary>
    NoFusermount = 6,

    /// <summary>The mount point does not exist or is not a folder.</summary>
    MountPointMissing = 7,

    /// <summary>The mount point has entries, which a mount would hide.</summary>
    MountPointNotEmpty = 8,

    /// <summary>Already mounted there, or files are open and the mount cannot be taken away.</summary>
    Busy = 9,

    /// <summary>A mount whose process is gone.</summary>
    StaleMount = 10,

    /// <summary>The system does not let this user do it.</summary>
    NotPermitted = 11,

    /// <summary>Another process holds the cache folder.</summary>
    CacheBusy = 12,

    /// <summary>The cache or state folder cannot be written.</summary>
    CacheUnusable = 13,

    /// <summary>The service answered with an error, or not as documented.</summary>
    ServiceFailed = 14,

    /// <summary>Unmounted, but some changes are only on this machine; the next mount resumes them.</summary>
    KeptLocally = 15,

    /// <summary>No imagekitfs mount there.</summary>
    NotMounted = 16,

    /// <summary>Not finished in the time allowed; work goes on.</summary>
    TimedOut = 17,

    /// <summary>`recover` found nothing to take out.</summary>
    NothingToRecover = 18,

    /// <summary>`recover` could not take everything out whole.</summary>
    NotAllRecovered = 19,

    /// <summary>A newer imagekitfs wrote the state folder.</summary>
    NewerFormat = 20,

    /// <summary>WinFsp is not installed.</summary>
    NoWinFsp = 21,

    /// <summary>WinFsp is installed in part, or its driver does not run.</summary>
    WinFspIncomplete = 22,

    /// <summary>WinFsp has a version that does not fit.</summary>
    WinFspVersion = 23,

    /// <summary>Ctrl-C or SIGTERM ended a command that works without a mount. 128 + SIGINT, as shells have it.</summary>
    Interrupted = 130,
}
