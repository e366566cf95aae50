using Microsoft.Data.Sqlite;

namespace ImageKitFs.Core.Spool;

/// <summary>The tables of journal.db and how older ones become them.</summary>
internal static class JournalSchema
{
    // Entry i leads from version i to i + 1 (PRAGMA user_version). Never edit one that was released: add another.
    private static readonly string[] Migrations =
    [
        """
        CREATE TABLE op(
            seq INTEGER PRIMARY KEY,
            kind INTEGER NOT NULL,
            state INTEGER NOT NULL,
            path TEXT NOT NULL,
            path2 TEXT,
            ino INTEGER NOT NULL,
            file_id TEXT,
            data TEXT NOT NULL) STRICT;
        CREATE TABLE object_attr(
            object_id TEXT PRIMARY KEY,
            ino INTEGER NOT NULL,
            mode INTEGER,
            uid INTEGER,
            gid INTEGER,
            version_id TEXT,
            modified_ns INTEGER,
            accessed_ns INTEGER) STRICT, WITHOUT ROWID;
        CREATE TABLE layer(
            file_name TEXT PRIMARY KEY,
            generation INTEGER NOT NULL,
            path TEXT NOT NULL,
            ino INTEGER NOT NULL,
            created_ns INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE meta(
            key TEXT PRIMARY KEY,
            value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        """,

        // Why an operation is where it is: shown after a restart, and by `imagekitfs recover`, which has no mount to ask.
        "ALTER TABLE op ADD COLUMN error TEXT;",

        // Versions that this folder wrote, oldest first by seq: the only ones that may be deleted when a file has as many as it may have.
        """
        CREATE TABLE own_version(
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            file_id TEXT NOT NULL,
            version_id TEXT NOT NULL,
            superseded INTEGER NOT NULL,
            UNIQUE(file_id, version_id)) STRICT;
        """,

        // Nothing but the number: rows of kind 8 (details) are there from here on, and a program that does not know them would pass over them.
        "",
    ];

    private const int SqliteCorrupt = 11;
    private const int SqliteNotADatabase = 26;

    /// <summary>The version that this program writes.</summary>
    public static int Current => Migrations.Length;

    public static bool IsCorruption(SqliteException exception) => exception.SqliteErrorCode is SqliteCorrupt or SqliteNotADatabase;

    /// <summary>Opens a connection that is as durable as the journal promises.</summary>
    /// <exception cref="SqliteException">The file cannot be opened, or is no database.</exception>
    public static SqliteConnection Connect(string file)
    {
        // No pooling: a closed connection must let go of the file, which may be renamed aside next.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        try
        {
            connection.Open();
            // FULL: in WAL mode each commit flushes the log before it returns; NORMAL would lose acknowledged commits at a power cut.
            Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that changes nothing and takes no lock that a writer would notice.</summary>
    /// <exception cref="SqliteException">The file is not there, cannot be opened, or is no database.</exception>
    public static SqliteConnection ConnectReadOnly(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Before anything is touched: a journal of a newer program is left as it is, down to the way in which it is stored.</summary>
    /// <exception cref="InvalidDataException">A newer program wrote the journal.</exception>
    /// <exception cref="SqliteException">It cannot be read, or is no database.</exception>
    public static void RefuseNewer(SqliteConnection connection)
    {
        long version = VersionOf(connection);
        if (version > Current)
            throw new InvalidDataException($"the journal was written by a newer imagekitfs (format {version}, this one knows up to {Current}); use that one");
    }

    /// <summary>True when the whole file is sound.</summary>
    public static bool IsSound(SqliteConnection connection) => (string?)Scalar(connection, "PRAGMA integrity_check(1)") == "ok";

    /// <exception cref="InvalidDataException">A newer program wrote the journal.</exception>
    public static void Migrate(SqliteConnection connection)
    {
        RefuseNewer(connection);
        for (long version = VersionOf(connection); version < Current; version++)
        {
            // A crash leaves the version before or after, never between: user_version is part of the transaction.
            Execute(connection, $"BEGIN IMMEDIATE; {Migrations[version]} PRAGMA user_version={version + 1}; COMMIT;");
        }
    }

    /// <summary>PRAGMA user_version: 0 for a file that holds nothing yet.</summary>
    public static long VersionOf(SqliteConnection connection) => (long)Scalar(connection, "PRAGMA user_version")!;

    public static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Only our own constant text comes here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Only our own constant text comes here.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
