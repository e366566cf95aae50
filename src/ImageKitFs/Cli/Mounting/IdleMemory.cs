using System.Runtime.Versioning;
using ImageKitFs.Cli.Interop;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Gives memory back when a mount that was busy has nothing to do: garbage, what the C library keeps, and the program's code that only the work needed.</summary>
/// <remarks>
/// The runtime collects when something is allocated, and an idle mount allocates nothing: after a walk through a large library it would keep the walk's garbage for
/// ever. The pages come back from the page cache when they are needed.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class IdleMemory(TimeProvider time)
{
    /// <summary>Soon after the start, which runs through most of the program; a mount that serves needs little of it.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    /// <summary>Used up between two looks by timers alone; with more, somebody is at work.</summary>
    private static readonly TimeSpan IdleWork = TimeSpan.FromMilliseconds(50);

    /// <summary>More than was kept the last time: less is not worth the work.</summary>
    private const long WorthItBytes = 4 << 20;

    /// <summary>A collection stops the mount for a moment, up to half a second with a million files: only for garbage that counts.</summary>
    private const long GarbageBytes = 8 << 20;

    private TimeSpan _lastLook;
    private long _keptBytes;
    private long _lastAllocated = GC.GetTotalAllocatedBytes();

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await Task.Delay(FirstLook, time, ct);
            using PeriodicTimer timer = new(Between, time);
            do
            {
                Look();
            }
            while (await timer.WaitForNextTickAsync(ct));
        }
        catch (OperationCanceledException)
        {
            // The mount ends.
        }
    }

    private void Look()
    {
        TimeSpan used = Environment.CpuUsage.TotalTime;
        // At the first look the start is the work, and it has just ended.
        bool isIdle = _lastLook == TimeSpan.Zero || used - _lastLook < IdleWork;
        if (isIdle && Environment.WorkingSet > _keptBytes + WorthItBytes)
        {
            GiveBack();
            _keptBytes = Environment.WorkingSet;
        }

        _keptBytes = Math.Min(_keptBytes, Environment.WorkingSet);
        _lastLook = Environment.CpuUsage.TotalTime;
    }

    private void GiveBack()
    {
        if (GC.GetTotalAllocatedBytes() - _lastAllocated > GarbageBytes)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _lastAllocated = GC.GetTotalAllocatedBytes();
        try
        {
            _ = SystemCalls.MallocTrim(0);
            using FileStream smaps = new(ProgramText.OfThisProcess, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            foreach ((nint start, nint length) in ProgramText.Read(smaps))
                _ = SystemCalls.AdviseMemory(start, (nuint)length, SystemCalls.MADV_DONTNEED);
        }
        catch (Exception e) when (e is IOException or EntryPointNotFoundException)
        {
            // A kernel without smaps, a C library without malloc_trim: it keeps what it has.
        }
    }
}
