using Microsoft.Data.Sqlite;

namespace ImageKitFs.Core.Tree;

/// <summary>The tables of tree.db. There are no migrations: a file of another version, of another account, or a corrupt one is deleted and begun anew.</summary>
internal static class TreeSchema
{
    /// <summary>PRAGMA user_version; another number for every change of tables or of <see cref="ListingFormat"/>.</summary>
    public const int Version = 2;

    /// <summary>A listing that nobody asked for so long is not worth its room.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    /// <summary>Opens the file and begins a session.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="account">Whose listings these are, and by which rules they were named.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="session">The number of this session.</param>
    /// <param name="trustedFrom">Listings of older sessions may lack what was acknowledged since: the process that kept them did not end well.</param>
    /// <returns>Null for a file that must be deleted.</returns>
    /// <exception cref="SqliteException">The file is corrupt or cannot be opened.</exception>
    public static SqliteConnection? TryOpen(string file, string account, long now, out long session, out long trustedFrom)
    {
        SqliteConnection connection = Connect(file);
        try
        {
            session = trustedFrom = 1;
            long version = (long)Scalar(connection, "PRAGMA user_version")!;
            if (version == 0 && (long)Scalar(connection, "SELECT count(*) FROM sqlite_schema")! == 0)
            {
                Create(connection, account);
                return connection;
            }

            if (version != Version || Scalar(connection, "SELECT max(account) FROM state WHERE typeof(account) = 'text'") as string != account)
            {
                connection.Dispose();
                return null;
            }

            session = (long)Scalar(connection, "SELECT session + 1 FROM state")!;
            trustedFrom = (long)Scalar(connection, "SELECT CASE WHEN is_clean THEN trusted_from ELSE session + 1 END FROM state")!;
            Execute(
                connection, "UPDATE state SET session = $session, trusted_from = $trusted, is_clean = 0; DELETE FROM listing WHERE stored_ms BETWEEN 1 AND $old;",
                ("$session", session), ("$trusted", trustedFrom), ("$old", now - (long)Lifetime.TotalMilliseconds));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static SqliteConnection Connect(string file)
    {
        // No pooling: a closed connection must let go of the file, which may be deleted next.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        try
        {
            connection.Open();
            // OFF: what a power cut corrupts is begun anew. A killed process loses nothing that it had committed.
            Execute(connection, "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA busy_timeout=2000;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Everything of the session was written.</summary>
    public static void MarkClean(SqliteConnection connection) => Execute(connection, "UPDATE state SET is_clean = 1");

    public static void Execute(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = Command(connection, sql, parameters);
        command.ExecuteNonQuery();
    }

    public static object? Scalar(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = Command(connection, sql, parameters);
        return command.ExecuteScalar();
    }

    public static SqliteCommand Command(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Only our own constant text comes here.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return command;
    }

    private static void Create(SqliteConnection connection, string account)
    {
        Execute(connection, $"""
            BEGIN IMMEDIATE;
            CREATE TABLE listing(
                id INTEGER PRIMARY KEY,
                folder TEXT NOT NULL UNIQUE,
                session INTEGER NOT NULL,
                stored_ms INTEGER NOT NULL,
                data BLOB NOT NULL) STRICT;
            CREATE TABLE state(account TEXT NOT NULL, session INTEGER NOT NULL, trusted_from INTEGER NOT NULL, is_clean INTEGER NOT NULL) STRICT;
            INSERT INTO state VALUES($account, 1, 1, 0);
            PRAGMA user_version={Version};
            COMMIT;
            """, ("$account", account));
    }
}
