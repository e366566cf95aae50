using System.Globalization;
using ImageKitFs.Core.FileSystem;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Spool;

/// <summary>journal.db: what this machine promised and the library may not have yet. Survives kill -9 and power cuts.</summary>
/// <remarks>Thread-safe. One process at a time (<see cref="FolderLock"/>).</remarks>
internal sealed partial class SpoolJournal : IAsyncDisposable
{
    private readonly string _file;
    private readonly JournalCounter _seq;
    private readonly JournalCounter _generation;
    private readonly JournalWriter _writer;

    private SpoolJournal(string file, SqliteConnection connection, string? corruptCopy, ILogger logger)
    {
        _file = file;
        CorruptCopy = corruptCopy;
        _seq = new JournalCounter("reserved_seq", Math.Max(ReservedBefore("reserved_seq"), MaxOf("SELECT max(seq) FROM op")));
        _generation = new JournalCounter("reserved_generation", Math.Max(ReservedBefore("reserved_generation"), MaxOf("SELECT max(generation) FROM layer")));
        _writer = new JournalWriter(connection, [_seq, _generation], logger);
    }

    /// <summary>Where a corrupt journal was put aside when this one was opened; null when all was well.</summary>
    public string? CorruptCopy { get; }

    /// <summary>Opens the journal, or begins one. A corrupt one is renamed aside, never deleted, and a new one begun.</summary>
    /// <param name="time">Names the copy put aside.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    /// <exception cref="InvalidDataException">A newer program wrote the journal.</exception>
    public static SpoolJournal Open(string file, ILogger logger, TimeProvider? time = null)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        PrivateFolder.Create(folder);
        try
        {
            string? corruptCopy = null;
            if (!TryConnect(file, out SqliteConnection? connection))
            {
                corruptCopy = PutAside(file, (time ?? TimeProvider.System).GetUtcNow());
                LogCorrupt(logger, corruptCopy);
                if (!TryConnect(file, out connection))
                    throw new IOException($"A new journal '{file}' is corrupt at once; check the disk.");
            }
            FolderSync.Flush(folder);
            var journal = new SpoolJournal(file, connection!, corruptCopy, logger);
            journal.RequireWritable();
            return journal;
        }
        catch (SqliteException exception)
        {
            throw new IOException($"the journal {file} cannot be opened: {exception.Message}", exception);
        }
    }

    /// <summary>The next place in the order of operations.</summary>
    /// <exception cref="IOException">The journal cannot be written, so the number would not be safe from being given twice.</exception>
    public long NextSeq() => Next(_seq);

    /// <summary>The number of the next layer.</summary>
    /// <exception cref="IOException">The journal cannot be written, so the number would not be safe from being given twice.</exception>
    public long NextGeneration() => Next(_generation);

    /// <summary>Completes when the batch is durable, together with others that were waiting; batches take effect in the order of the calls.</summary>
    /// <returns>
    /// NoSpace or LocalFailure: nothing of the batch is stored yet. What the disk refused is kept in memory, in order, and stored before anything else as soon as
    /// the disk takes it (<see cref="JournalBatch.Applied"/>), so that the journal never falls behind what this process has gone on to do.
    /// </returns>
    public ValueTask<FsError> CommitAsync(JournalBatch batch) => new(_writer.Enqueue(batch));

    /// <summary>All operations, in order.</summary>
    public IReadOnlyList<OpRecord> LoadOps()
    {
        using SqliteConnection connection = JournalSchema.Connect(_file);
        return [.. JournalView.ReadOps(connection)];
    }

    /// <summary>All attributes, by object id.</summary>
    public Dictionary<string, ObjectAttr> LoadAttrs() =>
        Load(
            "SELECT object_id, ino, mode, uid, gid, version_id, modified_ns, accessed_ns FROM object_attr",
            row => new ObjectAttr(
                row.GetString(0),
                unchecked((ulong)row.GetInt64(1)),
                row.IsDBNull(2) ? null : (uint)row.GetInt64(2),
                row.IsDBNull(3) ? null : (uint)row.GetInt64(3),
                row.IsDBNull(4) ? null : (uint)row.GetInt64(4),
                row.IsDBNull(5) ? null : row.GetString(5),
                row.IsDBNull(6) ? null : row.GetInt64(6),
                row.IsDBNull(7) ? null : row.GetInt64(7)))
            .ToDictionary(attr => attr.ObjectId);

    /// <summary>All layer rows, oldest first.</summary>
    public IReadOnlyList<LayerRow> LoadLayers()
    {
        using SqliteConnection connection = JournalSchema.Connect(_file);
        return [.. JournalView.ReadLayers(connection)];
    }

    /// <summary>Versions of a file that we wrote and replaced ourselves, oldest first; the newest <see cref="JournalStatements.MaxOwnVersions"/> of all files are known.</summary>
    public IReadOnlyList<string> LoadSupersededVersions(string fileId) =>
        Load("SELECT version_id FROM own_version WHERE file_id = $key AND superseded = 1 ORDER BY seq", row => row.GetString(0), fileId);

    /// <summary>The value last committed under a key.</summary>
    public string? GetMeta(string key) => Load("SELECT value FROM meta WHERE key = $key", row => row.GetString(0), key).FirstOrDefault();

    /// <summary>Writes what is waiting, then closes.</summary>
    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private static bool TryConnect(string file, out SqliteConnection? connection)
    {
        connection = null;
        try
        {
            if (File.Exists(file))
            {
                using SqliteConnection looking = JournalSchema.ConnectReadOnly(file);
                JournalSchema.RefuseNewer(looking);
            }
            connection = JournalSchema.Connect(file);
            if (JournalSchema.IsSound(connection))
            {
                JournalSchema.Migrate(connection);
                return true;
            }
            connection.Dispose();
            return false;
        }
        catch (SqliteException exception) when (JournalSchema.IsCorruption(exception))
        {
            connection?.Dispose();
            return false;
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    private static string PutAside(string file, DateTimeOffset now)
    {
        string stamp = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string copy = $"{file}.corrupt-{stamp}";
        for (int i = 2; File.Exists(copy); i++)
            copy = $"{file}.corrupt-{stamp}-{i}";

        // The database first. Crash before its log followed: the next start begins a new journal, and SQLite drops a log that has no database.
        // The other way round it would take up a database without its log: perhaps sound, but older than what was acknowledged.
        foreach (string suffix in (ReadOnlySpan<string>)["", "-wal", "-shm"])
        {
            if (File.Exists(file + suffix))
                File.Move(file + suffix, copy + suffix);
        }
        return copy;
    }

    // Reserves the first numbers: a disk that is full or read-only is told now and not by the first change.
    private void RequireWritable()
    {
        FsError error = _writer.Enqueue(new JournalBatch()).GetAwaiter().GetResult();
        if (error == FsError.None)
            return;
        _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        throw new IOException($"the journal {_file} cannot be written ({error}); free space on its disk, or mend it");
    }

    private long Next(JournalCounter counter)
    {
        long number = counter.Next(out bool isReserved);
        while (!isReserved)
        {
            // Rare: tens of thousands of numbers without one commit. The writer's thread completes this, whatever thread waits here.
            FsError error = _writer.Enqueue(new JournalBatch()).GetAwaiter().GetResult();
            if (error != FsError.None)
                throw new IOException($"The journal cannot be written ({error}).");
            isReserved = counter.IsReserved(number);
        }
        return number;
    }

    private long ReservedBefore(string key) => GetMeta(key) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;

    private long MaxOf(string query) => Load(query, row => row.IsDBNull(0) ? 0 : row.GetInt64(0))[0];

    // Its own connection: with the log, readers and the writer do not wait for one another.
    private List<T> Load<T>(string query, Func<SqliteDataReader, T> read, string? key = null)
    {
        using SqliteConnection connection = JournalSchema.Connect(_file);
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Only our own constant text comes here.
        command.CommandText = query;
#pragma warning restore CA2100
        if (key is not null)
            command.Parameters.AddWithValue("$key", key);
        List<T> rows = [];
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal was corrupt and is kept as {Copy}; a new one was begun. Files that it named are in the recover folder.")]
    private static partial void LogCorrupt(ILogger logger, string copy);
}
