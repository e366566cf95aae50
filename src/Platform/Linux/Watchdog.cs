using ImageKitFs.Platform.Linux.Protocol;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Linux;

/// <summary>Names requests that take too long, and answers in their place at the end: an unanswered request is an unkillable process.</summary>
internal sealed class Watchdog : IDisposable
{
    /// <summary>A minute: no read of one block takes that long on a network that works.</summary>
    internal static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(60);

    /// <summary>Fifteen minutes: longer than every deadline of the engine put together.</summary>
    internal static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly InFlight _inFlight;
    private readonly FuseDevice _device;
    private readonly ILogger _log;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _limit;
    private readonly ITimer _timer;

    internal Watchdog(InFlight inFlight, FuseDevice device, ILogger log, TimeProvider clock, TimeSpan limit)
    {
        _inFlight = inFlight;
        _device = device;
        _log = log;
        _clock = clock;
        _limit = limit;
        _timer = clock.CreateTimer(static state => ((Watchdog)state!).Scan(), this, Period, Period);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Scan()
    {
        foreach (PendingRequest request in _inFlight.Snapshot())
        {
            TimeSpan age = _clock.GetElapsedTime(request.Started);
            if (age >= SlowAfter && !request.IsReported)
            {
                request.IsReported = true;
                FuseLog.RequestSlow(_log, request.Id.Opcode, request.NodeId, (int)age.TotalSeconds, null);
            }

            if (age >= _limit && !request.IsGivenUp && HasLimit(request.Id.Opcode))
            {
                // The operation's own answer comes second; the kernel refuses it, and references are taken back as for any caller that left.
                request.IsGivenUp = true;
                FuseLog.RequestTimedOut(_log, request.Id.Opcode, request.NodeId, (int)age.TotalSeconds, null);
                _device.TryReplyError(request.Id, Errno.ETIMEDOUT);
                request.Cancel();
            }
        }
    }

    // These may carry the upload of a large file, which the engine bounds by lack of progress and not by its duration.
    private static bool HasLimit(FuseOpcode opcode) =>
        opcode is not (FuseOpcode.Flush or FuseOpcode.Fsync or FuseOpcode.Release or FuseOpcode.Rename or FuseOpcode.Rename2);
}
