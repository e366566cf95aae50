using ImageKitFs.Platform.Linux.Protocol;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Linux;

/// <summary>What this room logs.</summary>
internal static class FuseLog
{
    internal static readonly Action<ILogger, FuseOpcode, ulong, Exception?> RequestFailed = LoggerMessage.Define<FuseOpcode, ulong>(
        LogLevel.Error, new EventId(1, nameof(RequestFailed)), "{Opcode} on node {Node} failed with an unexpected error; the caller got EIO. Please report this");

    internal static readonly Action<ILogger, FuseOpcode, int, Exception?> ReplyRefused = LoggerMessage.Define<FuseOpcode, int>(
        LogLevel.Error, new EventId(2, nameof(ReplyRefused)), "The kernel refused our reply to {Opcode} (errno {Errno}). Please report this");

    internal static readonly Action<ILogger, FuseOpcode, ulong, int, Exception?> RequestSlow = LoggerMessage.Define<FuseOpcode, ulong, int>(
        LogLevel.Warning, new EventId(3, nameof(RequestSlow)), "{Opcode} on node {Node} has not been answered for {Seconds} s");

    internal static readonly Action<ILogger, FuseOpcode, ulong, int, Exception?> RequestTimedOut = LoggerMessage.Define<FuseOpcode, ulong, int>(
        LogLevel.Error, new EventId(4, nameof(RequestTimedOut)), "{Opcode} on node {Node} was given up after {Seconds} s; the caller got ETIMEDOUT");

    internal static readonly Action<ILogger, uint, uint, Exception?> KernelTooOld = LoggerMessage.Define<uint, uint>(
        LogLevel.Error, new EventId(5, nameof(KernelTooOld)), "The kernel speaks FUSE {Major}.{Minor}; 7.23 (Linux 3.15) or newer is needed");

    internal static readonly Action<ILogger, uint, uint, FuseInitFlags, Exception?> Negotiated = LoggerMessage.Define<uint, uint, FuseInitFlags>(
        LogLevel.Debug, new EventId(6, nameof(Negotiated)), "FUSE 7.{Minor}, requests of up to {MaxWrite} bytes, features {Features}");

    internal static readonly Action<ILogger, int, Exception?> DeviceFailed = LoggerMessage.Define<int>(
        LogLevel.Error, new EventId(7, nameof(DeviceFailed)), "Reading requests failed (errno {Errno}); this mount is over");

    internal static readonly Action<ILogger, int, int, Exception?> RequestGarbled = LoggerMessage.Define<int, int>(
        LogLevel.Error, new EventId(8, nameof(RequestGarbled)), "A request of {Received} bytes could not be read (it claims {Claimed}). Please report this");

    internal static readonly Action<ILogger, string, Exception?> StaleMountRemoved = LoggerMessage.Define<string>(
        LogLevel.Warning, new EventId(9, nameof(StaleMountRemoved)), "{MountPoint} was left behind by a process that died; it was unmounted");

    internal static readonly Action<ILogger, string, string, Exception?> UnmountFailed = LoggerMessage.Define<string, string>(
        LogLevel.Warning, new EventId(10, nameof(UnmountFailed)), "Unmounting {MountPoint} failed: {Reason}");

    internal static readonly Action<ILogger, string, Exception?> DetachedWhileBusy = LoggerMessage.Define<string>(
        LogLevel.Warning, new EventId(11, nameof(DetachedWhileBusy)), "{MountPoint} is in use; it was detached, and open files are served until they are closed");
}
