using System.Collections.Concurrent;
using System.Globalization;
using ImageKitFs.Core.FileSystem;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Spool;

/// <summary>The one thread that writes the journal. Everything that waits goes into one transaction: one flush of the disk for all (group commit).</summary>
internal sealed partial class JournalWriter : IAsyncDisposable
{
    // Bounds one transaction, so that the first of many waiters does not wait for all of them.
    private const int MaxGroup = 512;

    private const int SqliteFull = 13;

    private readonly BlockingCollection<Waiting> _queue = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SqliteConnection _connection;
    private readonly JournalStatements _statements;
    private readonly JournalCounter[] _counters;
    private readonly ILogger _logger;

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
        while (_queue.TryTake(out Waiting? first, Timeout.Infinite))
        {
            group.Add(first);
            while (group.Count < MaxGroup && _queue.TryTake(out Waiting? next))
                group.Add(next);
            FsError outcome = Write(group);
            foreach (Waiting waiting in group)
                waiting.Done.SetResult(outcome);
            group.Clear();
        }
        _statements.Dispose();
        _connection.Dispose();
        _ended.SetResult();
    }

    /// <remarks>
    /// Crash before COMMIT returns: all of the group or nothing of it is there, and nobody was told. Crash after: all of it is there.
    /// </remarks>
    private FsError Write(List<Waiting> group)
    {
        Span<long> reserving = stackalloc long[_counters.Length];
        try
        {
            _statements.Begin();
            foreach (Waiting waiting in group)
            {
                foreach (JournalChange change in waiting.Batch.Changes)
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
            FsError error = exception is SqliteException { SqliteErrorCode: SqliteFull } ? FsError.NoSpace : FsError.LocalFailure;
            LogWriteFailed(error, group.Count, exception);
            TryRollback();
            return error;
        }
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

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal cannot be written ({Error}); {Count} operations were refused. Check the disk.")]
    private partial void LogWriteFailed(FsError error, int count, Exception exception);

    private sealed class Waiting(JournalBatch batch)
    {
        public JournalBatch Batch { get; } = batch;

        public TaskCompletionSource<FsError> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
