namespace ImageKitFs.Platform.Windows;

/// <summary>Why mounting failed. Closed.</summary>
public enum WinFspFailure
{
    /// <summary>WinFsp is not installed.</summary>
    NotInstalled,

    /// <summary>WinFsp is installed in part: a file is missing or damaged, or its driver does not run.</summary>
    Incomplete,

    /// <summary>Its parts are of different versions, or of one that this program does not know.</summary>
    WrongVersion,

    /// <summary>The drive letter is taken, or the folder exists.</summary>
    MountPointTaken,

    /// <summary>The folder above the mount point does not exist, or the letter is none.</summary>
    MountPointMissing,

    /// <summary>Windows does not let this user mount there.</summary>
    MountPointDenied,

    /// <summary>Something else; the message has the status.</summary>
    Other,
}

/// <summary>Mounting failed; the message is one line that says what to do.</summary>
public sealed class WinFspMountException(WinFspFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The cause.</summary>
    public WinFspFailure Failure => failure;
}
