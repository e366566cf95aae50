namespace ImageKitFs.Platform.Linux;

/// <summary>Why mounting failed. Closed.</summary>
public enum FuseMountFailure
{
    /// <summary>There is no /dev/fuse.</summary>
    NoDevice,

    /// <summary>/dev/fuse may not be opened.</summary>
    DeviceDenied,

    /// <summary>Not root, and fusermount3 is not installed.</summary>
    NoFusermount,

    /// <summary>The mount point does not exist.</summary>
    MountPointMissing,

    /// <summary>The mount point is not a folder.</summary>
    MountPointNotDirectory,

    /// <summary>The mount point has entries.</summary>
    MountPointNotEmpty,

    /// <summary>The user may not mount there.</summary>
    MountPointDenied,

    /// <summary>A live mount of ours is there.</summary>
    AlreadyMounted,

    /// <summary>A dead mount is there and could not be removed.</summary>
    Stale,

    /// <summary>Mounting is not permitted here at all.</summary>
    NotPermitted,

    /// <summary>/etc/fuse.conf does not let users share a mount.</summary>
    AllowOtherRefused,

    /// <summary>The kernel's protocol is older than 7.23.</summary>
    KernelTooOld,

    /// <summary>Something else; the message has the system's words.</summary>
    Other,
}

/// <summary>Mounting failed; the message is one line that says what to do.</summary>
public sealed class FuseMountException(FuseMountFailure failure, string message) : Exception(message)
{
    /// <summary>The cause.</summary>
    public FuseMountFailure Failure => failure;
}
