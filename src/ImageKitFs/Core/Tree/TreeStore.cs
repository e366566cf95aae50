using System.Collections.Concurrent;
using ImageKitFs.Core.Config;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace ImageKitFs.Core.Tree;

/// <summary>tree.db: the listings that were known when the last mount ended. Disposable: whatever goes wrong with it costs requests and nothing else.</summary>
/// <remarks>
/// Safe from any thread. Writing is off the caller's path, in the order of the calls, many in one transaction. One process at a time.
/// A process that was killed may have let go of the journal's evidence for a name before the listing that shows the name was written here; what it kept is
/// therefore shown only when the service cannot be asked.
/// </remarks>
internal sealed class TreeStore : IDisposable
{
    private const int MaxBatch = 256;

    /// <summary>Rows in one transaction: some 8 MB, so that the write-ahead log stays small.</summary>
    private const int MaxBatchRows = 80_000;

    private readonly BlockingCollection<Change> _changes = [];
    private readonly Dictionary<string, int> _waiting = [];
    private readonly List<string> _waitingBelow = [];
    private readonly Lock _lock = new();
    private readonly Lock _reading = new();
    private readonly Thread _thread;
    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _reader;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CacheTrouble _trouble;
    private readonly string _file;
    private readonly long _session;
    private readonly long _trustedFrom;
    private volatile bool _isBroken;

    private TreeStore(string file, SqliteConnection writer, long session, long trustedFrom, CacheTrouble trouble, TimeProvider time, ILogger logger)
    {
        _file = file;
        _writer = writer;
        _reader = TreeSchema.Connect(file);
        _session = session;
        _trustedFrom = trustedFrom;
        _time = time;
        _logger = logger;
        _trouble = trouble;
        _thread = new Thread(Write) { IsBackground = true, Name = "tree" };
        _thread.Start();
    }

    /// <summary>Opens the file, or begins one.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="account">Listings that were kept for another text are dropped.</param>
    /// <param name="trouble">Of the folder that it lies in.</param>
    /// <returns>Null when there can be none; that was logged.</returns>
    public static TreeStore? Open(string file, string account, CacheTrouble trouble, TimeProvider time, ILogger logger)
    {
        for (int attempt = 0; attempt < 2; attempt++)
        {
            try
            {
                SqliteConnection? writer = TreeSchema.TryOpen(file, account, time.GetUtcNow().ToUnixTimeMilliseconds(), out long session, out long trustedFrom);
                if (writer is not null)
                    return new TreeStore(file, writer, session, trustedFrom, trouble, time, logger);
                Delete(file);
            }
            catch (Exception exception) when (IsUnusable(exception))
            {
                Tell(exception, file, trouble, logger);
                Delete(file);
            }
        }

        return null;
    }

    /// <summary>What is kept of a folder.</summary>
    public bool TryLoad(string folder, out StoredListing stored)
    {
        stored = default;
        if (_isBroken)
            return false;
        lock (_lock)
        {
            // What waits to be written is in memory, or gone.
            if (_waiting.ContainsKey(folder) || _waitingBelow.Exists(above => folder == above || Names.RemotePath.IsBelow(folder, above)))
                return false;
        }

        try
        {
            lock (_reading)
                return TryRead(folder, out stored);
        }
        catch (Exception exception) when (IsUnusable(exception))
        {
            Break(exception);
            return false;
        }
    }

    /// <param name="isFresh">False for a listing that is known to be out of date already.</param>
    public void Put(Listing listing, bool isFresh) => Add(new Change(ChangeKind.Put, listing.Folder, listing, isFresh ? _time.GetUtcNow().ToUnixTimeMilliseconds() : 0));

    /// <summary>What is kept is out of date.</summary>
    public void Expire(string folder) => Add(new Change(ChangeKind.Expire, folder, Listing: null, StoredAt: 0));

    public void Remove(string folder) => Add(new Change(ChangeKind.Remove, folder, Listing: null, StoredAt: 0));

    public void RemoveBelow(string folder) => Add(new Change(ChangeKind.RemoveBelow, folder, Listing: null, StoredAt: 0));

    /// <summary>Writes what is waiting, then closes.</summary>
    public void Dispose()
    {
        _changes.CompleteAdding();
        _thread.Join();
        lock (_reading)
            _reader.Dispose();
        _writer.Dispose();
        _changes.Dispose();
        if (_isBroken)
            Delete(_file);
    }

    private void Add(Change change)
    {
        if (_isBroken || _changes.IsAddingCompleted)
            return;
        lock (_lock)
        {
            if (change.Kind == ChangeKind.RemoveBelow)
                _waitingBelow.Add(change.Folder);
            else
                _waiting[change.Folder] = _waiting.GetValueOrDefault(change.Folder) + 1;
        }

        _changes.Add(change);
    }

    private bool TryRead(string folder, out StoredListing stored)
    {
        stored = default;
        using SqliteCommand command = TreeSchema.Command(_reader, "SELECT id, session, stored_ms FROM listing WHERE folder = $folder", ("$folder", folder));
        using SqliteDataReader row = command.ExecuteReader();
        if (!row.Read())
            return false;
        using var data = new SqliteBlob(_reader, "listing", "data", row.GetInt64(0), readOnly: true);
        if (ListingFormat.Read(data) is not { } rows)
        {
            Break(new InvalidDataException($"what is kept of {folder} is not what was written"));
            return false;
        }

        long storedAt = row.GetInt64(2);
        TimeSpan age = TimeSpan.FromMilliseconds(_time.GetUtcNow().ToUnixTimeMilliseconds() - storedAt);
        // From the future: the clock was set back, so the age is not known.
        bool isKnownAge = storedAt != 0 && age >= TimeSpan.Zero;
        stored = new StoredListing(ListingBuilder.Restore(folder, requestedAt: 0, rows), isKnownAge ? age : null, row.GetInt64(1) >= _trustedFrom);
        return true;
    }

    private void Write()
    {
        var batch = new List<Change>();
        foreach (Change first in _changes.GetConsumingEnumerable())
        {
            batch.Add(first);
            int rows = first.Listing?.Count ?? 0;
            while (batch.Count < MaxBatch && rows < MaxBatchRows && _changes.TryTake(out Change? next))
            {
                batch.Add(next);
                rows += next.Listing?.Count ?? 0;
            }

            Apply(batch);
            batch.Clear();
        }

        if (!_isBroken)
            Try(() => TreeSchema.MarkClean(_writer));
    }

    private void Apply(List<Change> batch)
    {
        if (!_isBroken)
        {
            Try(() =>
            {
                using SqliteTransaction transaction = _writer.BeginTransaction();
                foreach (Change change in batch)
                    Apply(change);
                transaction.Commit();
            });
        }

        lock (_lock)
        {
            foreach (Change change in batch)
            {
                if (change.Kind == ChangeKind.RemoveBelow)
                    _waitingBelow.Remove(change.Folder);
                else if (--_waiting[change.Folder] == 0)
                    _waiting.Remove(change.Folder);
            }
        }
    }

    private void Apply(Change change)
    {
        switch (change.Kind)
        {
            case ChangeKind.Put:
                byte[] rest = ListingFormat.RestOf(change.Listing!.Rows);
                long id = (long)TreeSchema.Scalar(
                    _writer,
                    "INSERT OR REPLACE INTO listing(folder, session, stored_ms, data) VALUES($folder, $session, $stored, zeroblob($length)) RETURNING id",
                    ("$folder", change.Folder), ("$session", _session), ("$stored", change.StoredAt),
                    ("$length", ListingFormat.LengthOf(change.Listing.Rows, rest)))!;
                using (var data = new SqliteBlob(_writer, "listing", "data", id))
                    ListingFormat.Write(data, change.Listing.Rows, rest);
                break;
            case ChangeKind.Expire:
                TreeSchema.Execute(_writer, "UPDATE listing SET stored_ms = 0 WHERE folder = $folder", ("$folder", change.Folder));
                break;
            case ChangeKind.Remove:
                TreeSchema.Execute(_writer, "DELETE FROM listing WHERE folder = $folder", ("$folder", change.Folder));
                break;
            case ChangeKind.RemoveBelow:
                // '0' follows '/'.
                TreeSchema.Execute(
                    _writer, "DELETE FROM listing WHERE folder = $folder OR (folder > $from AND folder < $to)",
                    ("$folder", change.Folder), ("$from", change.Folder == "/" ? "/" : change.Folder + "/"), ("$to", change.Folder == "/" ? "0" : change.Folder + "0"));
                break;
        }
    }

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (IsUnusable(exception))
        {
            Break(exception);
        }
    }

    private void Break(Exception exception)
    {
        _isBroken = true;
        Tell(exception, _file, _trouble, _logger);
    }

    private static void Tell(Exception exception, string file, CacheTrouble trouble, ILogger logger)
    {
        if (exception is SqliteException { SqliteErrorCode: raw.SQLITE_FULL or raw.SQLITE_READONLY or raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN })
            trouble.Tell(exception.Message);
        else
            TreeLog.StoreBroken(logger, file, exception.Message);
    }

    // What corruption looks like depends on what it hit: a row that is not there, a text where a number belongs.
    private static bool IsUnusable(Exception exception) => exception is SqliteException or IOException or InvalidCastException;

    private static void Delete(string file)
    {
        foreach (string suffix in (ReadOnlySpan<string>)["", "-wal", "-shm"])
            File.Delete(file + suffix);
    }

    private enum ChangeKind
    {
        Put,
        Expire,
        Remove,
        RemoveBelow,
    }

    private sealed record Change(ChangeKind Kind, string Folder, Listing? Listing, long StoredAt);
}
