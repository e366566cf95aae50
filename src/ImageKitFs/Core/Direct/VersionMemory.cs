using System.Buffers.Binary;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;
using Microsoft.Data.Sqlite;

namespace ImageKitFs.Core.Direct;

/// <summary>What this machine knows of the bytes of one version.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">mtime of the local file that it was made from, or that was made from it.</param>
/// <param name="Hash">XxHash128 of its bytes.</param>
internal readonly record struct KnownVersion(long Size, Timestamp Modified, UInt128 Hash);

/// <summary>
/// Versions that were copied in or out here, so that a second run sees what is unchanged without moving a byte: ImageKit stores neither hashes nor times.
/// It is a memory and no promise: without it, or when it cannot be read, bytes are compared instead.
/// </summary>
/// <remarks>One row for a file, of its last version that was seen. Several processes may have it open.</remarks>
internal sealed class VersionMemory(string? file, TimeProvider time) : IDisposable
{
    private const int SchemaVersion = 1;

    /// <summary>SQLITE_CORRUPT.</summary>
    private const int Corrupt = 11;

    /// <summary>SQLITE_NOTADB.</summary>
    private const int NotADatabase = 26;

    /// <summary>A file that was not copied for so long is compared once more.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(400);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string VersionId, KnownVersion Known)> _fallback = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _fallbackMeta = new(StringComparer.Ordinal);
    private SqliteConnection? _connection;
    private bool _isOpened;

    public KnownVersion? Find(string fileId, string versionId)
    {
        lock (_lock)
        {
            if (Try(Read) is { } known)
                return known;
            return _fallback.TryGetValue(fileId, out (string VersionId, KnownVersion Known) kept) && kept.VersionId == versionId ? kept.Known : null;
        }

        KnownVersion? Read(SqliteConnection connection)
        {
            using SqliteCommand command = TreeSchema.Command(
                connection, "SELECT size, mtime, hash FROM version WHERE file = $file AND version = $version", ("$file", fileId), ("$version", versionId));
            using SqliteDataReader reader = command.ExecuteReader();
            return reader.Read() && reader.GetFieldValue<byte[]>(2) is { Length: 16 } hash
                ? new KnownVersion(reader.GetInt64(0), new Timestamp(reader.GetInt64(1)), BinaryPrimitives.ReadUInt128BigEndian(hash))
                : null;
        }
    }

    public void Remember(string fileId, string versionId, KnownVersion known)
    {
        byte[] hash = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(hash, known.Hash);
        lock (_lock)
        {
            _fallback[fileId] = (versionId, known);
            Try<object>(connection =>
            {
                TreeSchema.Execute(
                    connection, "INSERT OR REPLACE INTO version VALUES($file, $version, $size, $mtime, $hash, $day)",
                    ("$file", fileId), ("$version", versionId), ("$size", known.Size), ("$mtime", known.Modified.UnixNanoseconds), ("$hash", hash), ("$day", Today()));
                return null;
            });
        }
    }

    public string? GetMeta(string key)
    {
        lock (_lock)
        {
            return Try(connection => TreeSchema.Scalar(connection, "SELECT value FROM meta WHERE key = $key", ("$key", key)) as string)
                ?? _fallbackMeta.GetValueOrDefault(key);
        }
    }

    public void SetMeta(string key, string value)
    {
        lock (_lock)
        {
            _fallbackMeta[key] = value;
            Try<object>(connection =>
            {
                TreeSchema.Execute(connection, "INSERT OR REPLACE INTO meta VALUES($key, $value)", ("$key", key), ("$value", value));
                return null;
            });
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _connection?.Dispose();
            _connection = null;
            _isOpened = true;
        }
    }

    // A memory that fails is done without for the rest of the run.
    private T? Try<T>(Func<SqliteConnection, T?> use)
    {
        try
        {
            if (!_isOpened)
            {
                _isOpened = true;
                _connection = file is null ? null : Open(file);
            }

            return _connection is null ? default : use(_connection);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException or InvalidCastException)
        {
            _connection?.Dispose();
            _connection = null;
            return default;
        }
    }

    private SqliteConnection Open(string path)
    {
        PrivateFolder.Create(Path.GetDirectoryName(path)!);
        SqliteConnection? connection = null;
        try
        {
            connection = TreeSchema.Connect(path);
            if ((long)TreeSchema.Scalar(connection, "PRAGMA user_version")! is not (0 or SchemaVersion))
                throw new IOException("another program's file");
            Create(connection);
            return connection;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is NotADatabase or Corrupt)
        {
            // What rotted is begun anew.
            connection?.Dispose();
            File.Delete(path);
            connection = TreeSchema.Connect(path);
            Create(connection);
            return connection;
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    private void Create(SqliteConnection connection) => TreeSchema.Execute(
        connection, $"""
        BEGIN IMMEDIATE;
        CREATE TABLE IF NOT EXISTS version(
            file TEXT PRIMARY KEY, version TEXT NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL, hash BLOB NOT NULL, day INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        DELETE FROM version WHERE day < $old;
        PRAGMA user_version={SchemaVersion};
        COMMIT;
        """, ("$old", Today() - (long)Lifetime.TotalDays));

    private long Today() => time.GetUtcNow().ToUnixTimeSeconds() / (24 * 60 * 60);
}
