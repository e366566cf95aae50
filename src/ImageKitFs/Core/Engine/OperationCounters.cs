using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Engine;

/// <summary>What a program asked for, as the kernel passes it on.</summary>
internal enum FsOperation
{
    Lookup,
    GetAttr,
    SetAttr,
    Mkdir,
    Unlink,
    Rmdir,
    Rename,
    Create,
    Open,
    Read,
    Write,
    Flush,
    Fsync,
    Allocate,
    OpenDir,
    ReadDir,
    StatFs,
    GetXattr,
    ListXattr,
    SetXattr,
    RemoveXattr,
}

/// <summary>Calls of programs since the mount, and those that failed. One interlocked add a call; safe from many threads.</summary>
internal sealed class OperationCounters
{
    /// <summary>32: a page of them; the log has all.</summary>
    private const int MaxFailures = 32;

    private static readonly int Operations = Enum.GetValues<FsOperation>().Length;
    private static readonly int Errors = Enum.GetValues<FsError>().Length;

    private readonly long[] _calls = new long[Operations];
    private readonly long[] _failed = new long[Operations * Errors];
    private readonly Queue<OperationFailure> _failures = new(MaxFailures);
    private long _failureCount;

    /// <summary>Failures that a program could do nothing about.</summary>
    public long FailureCount => Interlocked.Read(ref _failureCount);

    public void Called(FsOperation operation) => Interlocked.Increment(ref _calls[(int)operation]);

    public void Failed(FsOperation operation, FsError error, OperationFailure failure)
    {
        Interlocked.Increment(ref _failureCount);
        Interlocked.Increment(ref _failed[((int)operation * Errors) + (int)error]);
        lock (_failures)
        {
            if (_failures.Count == MaxFailures)
                _failures.Dequeue();
            _failures.Enqueue(failure);
        }
    }

    /// <summary>The last failures, newest first.</summary>
    public IReadOnlyList<OperationFailure> LastFailures()
    {
        lock (_failures)
            return [.. _failures.Reverse()];
    }

    /// <summary>Operations that were asked for, and how often.</summary>
    public IEnumerable<(FsOperation Operation, long Count)> Calls()
    {
        for (int i = 0; i < Operations; i++)
        {
            if (Interlocked.Read(ref _calls[i]) is var count and > 0)
                yield return ((FsOperation)i, count);
        }
    }

    /// <summary>Operations that failed, by what the program got.</summary>
    public IEnumerable<(FsOperation Operation, FsError Error, long Count)> Failures()
    {
        for (int i = 0; i < _failed.Length; i++)
        {
            if (Interlocked.Read(ref _failed[i]) is var count and > 0)
                yield return ((FsOperation)(i / Errors), (FsError)(i % Errors), count);
        }
    }
}
