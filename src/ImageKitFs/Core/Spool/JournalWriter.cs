using System.Collections.Concurrent;
using System.Globalization;
using ImageKitFs.Core.FileSystem;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Spool;

/// <summary>The one thread that writes the journal. Everything that waits goes into one transaction: one flush of the disk for all (group commit). What the disk refuses waits here until it takes it.</summary>
internal sealed partial class JournalWriter : IAsyncDisposable
{
    // Bounds one transaction, so that the first of many waiters does not wait for all of them.
    private const int MaxGroup = 512;

    private const int SqliteBusy = 5;
    private const int SqliteReadOnly = 8;
    private const int SqliteIoError = 10;
    private const int SqliteFull = 13;
    private const int SqliteCannotOpen = 14;

    // Room comes back when somebody deletes something: soon enough for a person, rare enough for a disk in trouble.
    private static readonly TimeSpan OwedLook = TimeSpan.FromSeconds(1);

    private readonly BlockingCollection<Waiting> _queue = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SqliteConnection _connection;
    private readonly JournalStatements _statements;
    private readonly JournalCounter[] _counters;
    private readonly ILogger _logger;

    // What the disk refused, in order. Of the writer's thread.
    private readonly List<JournalBatch> _owed = [];
    private bool _isFailing;

    /// <param name="connection">Owned by the writer from here on.</param>
    /// <param name="counters">Kept reserved ahead, in whatever transaction comes next.</param>
    public JournalWriter(SqliteConnection connection, JournalCounter[] counters, ILogger logger)
    {
        _connection = connection;
        _statements = new JournalStatements(connection);
        _counters = counters;
        _logger = logger;
        // A thread of its own: SQLite blocks in fsync, which would starve the pool.
        new Thread(Run) { IsBackground = true, Name = "journal" }.Start();
    }

    /// <exception cref="ObjectDisposedException">The journal is closed.</exception>
    public Task<FsError> Enqueue(JournalBatch batch)
    {
        ObjectDisposedException.ThrowIf(_queue.IsAddingCompleted, typeof(SpoolJournal));
        var waiting = new Waiting(batch);
        _queue.Add(waiting);
        return waiting.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.CompleteAdding();
        await _ended.Task;
    }

    private void Run()
    {
        List<Waiting> group = [];
        while (!_queue.IsCompleted)
        {
            // Real time: this is a thread, and a disk does not follow a test's clock.
            if (_queue.TryTake(out Waiting? first, _owed.Count == 0 ? Timeout.InfiniteTimeSpan : OwedLook))
                group.Add(first);
            while (group.Count is > 0 and < MaxGroup && _queue.TryTake(out Waiting? next))
                group.Add(next);
            FsError outcome = PayOwed();
            outcome = outcome == FsError.None ? Store(group) : Owe(group, outcome);
            foreach (Waiting waiting in group)
                waiting.Done.SetResult(outcome);
            group.Clear();
        }

        if (_owed.Count > 0 && PayOwed() is var last and not FsError.None)
            GiveUpOwed(last);
        _statements.Dispose();
        _connection.Dispose();
        _ended.SetResult();
    }

    /// <summary>What the disk refused before goes first: a row must not be overwritten by an older one of the same operation.</summary>
    private FsError PayOwed()
    {
        if (_owed.Count == 0)
            return FsError.None;
        FsError error = Write(_owed, out bool isDisk);
        if (error != FsError.None)
        {
            if (isDisk)
                return error;
            // No fault of the disk, so it would fail for ever, and everything behind it.
            GiveUpOwed(error);
            return FsError.None;
        }

        LogCaughtUp(_owed.Count);
        foreach (JournalBatch batch in _owed)
            batch.End(FsError.None);
        _owed.Clear();
        return FsError.None;
    }

    private FsError Store(List<Waiting> group)
    {
        if (group.Count == 0)
            return FsError.None;
        FsError error = Write(group.ConvertAll(waiting => waiting.Batch), out bool isDisk);
        if (error != FsError.None && isDisk)
            return Owe(group, error);
        foreach (Waiting waiting in group)
            waiting.Batch.End(error);
        return error;
    }

    private FsError Owe(List<Waiting> group, FsError error)
    {
        foreach (Waiting waiting in group)
        {
            if (waiting.Batch.IsEmpty && waiting.Batch.AfterCommit.Count == 0)
                waiting.Batch.End(error);
            else
                _owed.Add(waiting.Batch);
        }

        return error;
    }

    private void GiveUpOwed(FsError error)
    {
        LogGivenUp(error, _owed.Count);
        foreach (JournalBatch batch in _owed)
            batch.End(error);
        _owed.Clear();
    }

    /// <remarks>
    /// Crash before COMMIT returns: all of the group or nothing of it is there, and nobody was told. Crash after: all of it is there.
    /// </remarks>
    private FsError Write(List<JournalBatch> group, out bool isDisk)
    {
        isDisk = false;
        Span<long> reserving = stackalloc long[_counters.Length];
        try
        {
            _statements.Begin();
            foreach (JournalBatch batch in group)
            {
                foreach (JournalChange change in batch.Changes)
                    _statements.Apply(change);
            }
            for (int i = 0; i < _counters.Length; i++)
            {
                reserving[i] = _counters[i].Wanted;
                if (reserving[i] > 0)
                    _statements.Apply(new JournalChange.SetMeta(_counters[i].Key, reserving[i].ToString(CultureInfo.InvariantCulture)));
            }
            _statements.Commit();
        }
        catch (Exception exception)
        {
            int code = (exception as SqliteException)?.SqliteErrorCode ?? 0;
            isDisk = code is SqliteFull or SqliteIoError or SqliteReadOnly or SqliteCannotOpen or SqliteBusy;
            FsError error = code == SqliteFull ? FsError.NoSpace : FsError.LocalFailure;
            // Said once until it works again: a full disk is met by every operation.
            if (!isDisk)
                LogRefused(group.Count, exception);
            else if (!_isFailing)
                LogWriteFailed(error, exception.Message);
            _isFailing = isDisk;
            TryRollback();
            return error;
        }
        _isFailing = false;
        for (int i = 0; i < _counters.Length; i++)
        {
            if (reserving[i] > 0)
                _counters[i].Reserved(reserving[i]);
        }
        return FsError.None;
    }

    private void TryRollback()
    {
        try
        {
            _statements.Rollback();
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself, as it does after SQLITE_FULL and SQLITE_IOERR.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal cannot be written ({Error}: {Reason}). Programs are told; free space on the disk of the state folder, or mend it, and it goes on.")]
    private partial void LogWriteFailed(FsError error, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal can be written again; {Count} changes that were refused are stored now.")]
    private partial void LogCaughtUp(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal refused {Count} changes; please report this.")]
    private partial void LogRefused(int count, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} changes could not be stored in the journal ({Error}); programs were told when they made them.")]
    private partial void LogGivenUp(FsError error, int count);

    private sealed class Waiting(JournalBatch batch)
    {
        public JournalBatch Batch { get; } = batch;

        public TaskCompletionSource<FsError> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
