using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Config;

/// <summary>Says once that a cache folder cannot be written, whichever room meets it: bytes and listings lie on the same disk. Safe from many threads.</summary>
internal sealed partial class CacheTrouble(string directory, ILogger logger)
{
    private bool _isTold;

    public void Tell(string reason)
    {
        if (!Interlocked.Exchange(ref _isTold, true))
            LogBroken(directory, reason);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The content cache in {Directory} cannot be written ({Reason}). Files stay readable from the network; make room or mend the folder, then mount again.")]
    private partial void LogBroken(string directory, string reason);
}
