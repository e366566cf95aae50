using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Windows;

/// <summary>What this room logs.</summary>
internal static partial class WinFspLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "A call of the driver failed with an unexpected error; the program got an I/O error. Please report this")]
    internal static partial void CallFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} was closed, and storing it failed ({Error}); it is kept on this machine and tried again, imagekitfs status shows it")]
    internal static partial void CommitFailed(ILogger logger, string path, FsError error);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Path} was closed before its upload ended; the upload goes on")]
    internal static partial void CommitGoesOn(ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} was deleted, and the delete was refused ({Error}): it is still there")]
    internal static partial void DeleteRefused(ILogger logger, string path, FsError error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The WinFsp driver went away; the drive is gone. What was written is kept and sent")]
    internal static partial void DriverLost(ILogger logger);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The driver took no notification ({Status:X8})")]
    internal static partial void NotifyRefused(ILogger logger, int status);
}
