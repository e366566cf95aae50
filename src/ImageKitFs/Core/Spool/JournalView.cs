using ImageKitFs.Core.FileSystem;
using Microsoft.Data.Sqlite;

namespace ImageKitFs.Core.Spool;

/// <summary>What a journal holds, read at one instant without changing it: also while a mount writes it, or when nobody does.</summary>
/// <param name="Ops">All operations, in order.</param>
/// <param name="Layers">All layer rows, oldest first.</param>
/// <param name="Meta">Everything else.</param>
internal sealed record JournalView(IReadOnlyList<OpRecord> Ops, IReadOnlyList<LayerRow> Layers, IReadOnlyDictionary<string, string> Meta)
{
    /// <summary>Version 1 had no errors.</summary>
    private const long FirstWithErrors = 2;

    private static readonly JournalView Nothing = new([], [], new Dictionary<string, string>());

    /// <summary>True when only what is left of it could be read.</summary>
    public bool IsCorrupt { get; private init; }

    /// <summary>Reads the journal; nothing when there is none, what is left of it when it is corrupt.</summary>
    /// <exception cref="InvalidDataException">A newer program wrote it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static JournalView Read(string file)
    {
        if (!File.Exists(file))
            return Nothing;
        try
        {
            using SqliteConnection connection = JournalSchema.ConnectReadOnly(file);
            using SqliteTransaction instant = connection.BeginTransaction(deferred: true);
            JournalSchema.RefuseNewer(connection);
            return JournalSchema.VersionOf(connection) == 0 ? Nothing : new JournalView([.. ReadOps(connection)], [.. ReadLayers(connection)], ReadMeta(connection));
        }
        catch (SqliteException exception) when (JournalSchema.IsCorruption(exception))
        {
            return ReadWhatIsLeft(file);
        }
        catch (SqliteException exception)
        {
            throw new IOException($"The journal '{file}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>What can still be read of a journal that is corrupt: perhaps everything, perhaps nothing, never an error.</summary>
    public static JournalView ReadWhatIsLeft(string file)
    {
        try
        {
            using SqliteConnection connection = JournalSchema.ConnectReadOnly(file);
            return new JournalView(UntilBroken(ReadOps(connection)), UntilBroken(ReadLayers(connection)), Nothing.Meta) { IsCorrupt = true };
        }
        catch (SqliteException)
        {
            return Nothing with { IsCorrupt = true };
        }
    }

    internal static IEnumerable<OpRecord> ReadOps(SqliteConnection connection) =>
        Rows(
            connection,
            JournalSchema.VersionOf(connection) < FirstWithErrors
                ? "SELECT seq, kind, state, path, path2, ino, file_id, data, NULL FROM op ORDER BY seq"
                : "SELECT seq, kind, state, path, path2, ino, file_id, data, error FROM op ORDER BY seq",
            row => new OpRecord
            {
                Seq = row.GetInt64(0),
                Kind = (OpKind)row.GetInt32(1),
                State = (OpState)row.GetInt32(2),
                Path = row.GetString(3),
                Path2 = row.IsDBNull(4) ? null : row.GetString(4),
                Ino = unchecked((ulong)row.GetInt64(5)),
                FileId = row.IsDBNull(6) ? null : row.GetString(6),
                Data = row.GetString(7),
                Error = row.IsDBNull(8) ? null : row.GetString(8),
            });

    internal static IEnumerable<LayerRow> ReadLayers(SqliteConnection connection) =>
        Rows(
            connection,
            "SELECT file_name, generation, path, ino, created_ns FROM layer ORDER BY generation",
            row => new LayerRow(row.GetString(0), row.GetInt64(1), row.GetString(2), unchecked((ulong)row.GetInt64(3)), new Timestamp(row.GetInt64(4))));

    private static Dictionary<string, string> ReadMeta(SqliteConnection connection) =>
        Rows(connection, "SELECT key, value FROM meta", row => (Key: row.GetString(0), Value: row.GetString(1))).ToDictionary(pair => pair.Key, pair => pair.Value);

    private static IEnumerable<T> Rows<T>(SqliteConnection connection, string query, Func<SqliteDataReader, T> read)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Only our own constant text comes here.
        command.CommandText = query;
#pragma warning restore CA2100
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
            yield return read(reader);
    }

    private static List<T> UntilBroken<T>(IEnumerable<T> rows)
    {
        List<T> sound = [];
        try
        {
            foreach (T row in rows)
                sound.Add(row);
        }
        catch (Exception exception) when (exception is SqliteException or InvalidOperationException or InvalidCastException or OverflowException)
        {
            // From here on there is nothing to read, or what is there is no row of ours.
        }

        return sound;
    }
}
