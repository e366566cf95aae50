using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Engine;

/// <summary>The engine's log lines: one per outcome, each with what to do next.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(2, LogLevel.Error, "{Verb} of {Path} was refused: {Error}. The bytes are kept; fix the cause, then run `imagekitfs retry`.")]
    public static partial void PushRefused(this ILogger log, string verb, string path, string error);

    [LoggerMessage(3, LogLevel.Warning, "{Verb} of {Path} did not get through: {Error}. It is tried again in {Delay}.")]
    public static partial void PushRetried(this ILogger log, string verb, string path, string error, string delay);

    [LoggerMessage(4, LogLevel.Warning, "{Path} was changed by someone else meanwhile; both are kept, ours as {Conflict}.")]
    public static partial void ConflictKept(this ILogger log, string path, string conflict);

    [LoggerMessage(5, LogLevel.Warning, "{Path} was changed by someone else meanwhile (version {Foreign}); ours is current now, theirs is in the file's history.")]
    public static partial void ConflictOverwritten(this ILogger log, string path, string foreign);

    [LoggerMessage(6, LogLevel.Warning, "{Path} had been deleted or moved by someone else; our version stands as a new file.")]
    public static partial void BaseGone(this ILogger log, string path);

    [LoggerMessage(7, LogLevel.Error, "The library stored {Asked} as {Stored}: the name rule of this account differs from the documented one. The copy was removed; please report this.")]
    public static partial void Misplaced(this ILogger log, string asked, string stored);

    [LoggerMessage(8, LogLevel.Error, "The library stored {Stored} bytes of {Path} instead of {Size}; it is sent again.")]
    public static partial void SizeDiffers(this ILogger log, string path, long stored, long size);

    [LoggerMessage(9, LogLevel.Error, "{Path}: the spooled bytes are {Problem}; what is left of them is under `imagekitfs recover`.")]
    public static partial void SpoolDamaged(this ILogger log, string path, string problem);

    [LoggerMessage(10, LogLevel.Error, "A background step of {Verb} {Path} failed unexpectedly; it is tried again.")]
    public static partial void PushThrew(this ILogger log, Exception exception, string verb, string path);

    [LoggerMessage(EventId = 11, Message = "{Operation} of {Path} failed with {Errno}: {Cause}{Request}{LeftOut}")]
    public static partial void OperationFailed(
        this ILogger log, LogLevel level, string operation, string path, string errno, string cause, string request, string leftOut);

    [LoggerMessage(12, LogLevel.Information, "Changes of an earlier run are resumed: {Count} ({Bytes} bytes).")]
    public static partial void Resumed(this ILogger log, int count, long bytes);

    [LoggerMessage(13, LogLevel.Warning, "A folder job from {From} to {To} did not end within {Limit}; its state is read from the listings.")]
    public static partial void JobOverdue(this ILogger log, string from, string to, string limit);

    [LoggerMessage(30, LogLevel.Error, "The folder {From} could not be moved all the way; the library has it as {At} now. Move it from there.")]
    public static partial void JobStopped(this ILogger log, string from, string at);

    [LoggerMessage(31, LogLevel.Warning, "The account refuses to store mtimes: {Error}. They are kept on this machine only; after a change of its metadata fields run `imagekitfs setup-mtime`.")]
    public static partial void TimesSwitchedOff(this ILogger log, string error);

    [LoggerMessage(14, LogLevel.Error, "The engine's pusher stopped unexpectedly; changes are journaled and pushed after a remount.")]
    public static partial void PusherDied(this ILogger log, Exception exception);

    [LoggerMessage(
        15, LogLevel.Warning, "Still failing: {Count} changes wait for the library, the last one tried was the {Verb} of {Path}: {Error}. They are kept; `imagekitfs status` lists them.")]
    public static partial void StillFailing(this ILogger log, int count, string verb, string path, string error);

    [LoggerMessage(40, LogLevel.Error, "What is pinned is not known: {Error}. Nothing is kept local until it is pinned again.")]
    public static partial void PinsUnreadable(this ILogger log, string error);

    [LoggerMessage(41, LogLevel.Error, "The pin could not be stored: {Error}")]
    public static partial void PinsNotStored(this ILogger log, string error);

    [LoggerMessage(42, LogLevel.Error, "Fetching {Path} stopped unexpectedly.")]
    public static partial void CopyThrew(this ILogger log, Exception exception, string path);

    [LoggerMessage(
        43, LogLevel.Warning,
        "The key may read and not write: this mount is read-only from now on, and so are later ones with this key. Give the key the right to write in the dashboard "
        + "and mount again; what was changed before that is kept on this machine and sent then.")]
    public static partial void ReadOnlyKey(this ILogger log);
}
