using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>What a walk found, or where and why it ended. Windows tells a missing file from a missing folder above it.</summary>
internal readonly struct WalkResult<T>
    where T : struct
{
    private WalkResult(T value, FsError error, bool isAtAncestor)
    {
        Value = value;
        Error = error;
        IsAtAncestor = isAtAncestor;
    }

    /// <summary>What was found; default when there is an error.</summary>
    internal T Value { get; }

    /// <summary>None when the walk reached its end.</summary>
    internal FsError Error { get; }

    /// <summary>True when the walk ended before the last component.</summary>
    internal bool IsAtAncestor { get; }

    /// <summary>The status for the driver: an ancestor that is missing or no folder is OBJECT_PATH_NOT_FOUND.</summary>
    internal int Status => IsAtAncestor && Error is (FsError.NotFound or FsError.NotDirectory) ? NtStatus.STATUS_OBJECT_PATH_NOT_FOUND : Error.ToNtStatus();

    internal static WalkResult<T> Found(T value) => new(value, FsError.None, isAtAncestor: false);

    internal static WalkResult<T> Failed(FsError error, bool isAtAncestor) => new(default, error, isAtAncestor);
}
