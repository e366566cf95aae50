using Microsoft.Data.Sqlite;

namespace ImageKitFs.Core.Spool;

/// <summary>The writer's statements, prepared once. Used by one thread.</summary>
internal sealed class JournalStatements : IDisposable
{
    /// <summary>Own versions that are remembered, the newest: a hundred saves of five hundred files, about 5 MB.</summary>
    public const int MaxOwnVersions = 50_000;

    private readonly SqliteConnection _connection;
    private readonly List<SqliteCommand> _all = [];
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;
    private readonly SqliteCommand _putOp;
    private readonly SqliteCommand _removeOp;
    private readonly SqliteCommand[] _rewritePaths;
    private readonly SqliteCommand _putAttr;
    private readonly SqliteCommand _removeAttr;
    private readonly SqliteCommand _rebindAttr;
    private readonly SqliteCommand _supersedeOwnVersion;
    private readonly SqliteCommand _addOwnVersion;
    private readonly SqliteCommand _forgetOldOwnVersions;
    private readonly SqliteCommand _removeOwnVersion;
    private readonly SqliteCommand _setMeta;
    private readonly SqliteCommand _putLayer;
    private readonly SqliteCommand _removeLayer;

    public JournalStatements(SqliteConnection connection)
    {
        _connection = connection;
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _rollback = Prepare("ROLLBACK");
        _putOp = Prepare(
            "INSERT OR REPLACE INTO op(seq, kind, state, path, path2, ino, file_id, data, error) VALUES($seq, $kind, $state, $path, $path2, $ino, $fileId, $data, $error)",
            "$seq", "$kind", "$state", "$path", "$path2", "$ino", "$fileId", "$data", "$error");
        _removeOp = Prepare("DELETE FROM op WHERE seq = $seq", "$seq");
        _rewritePaths =
        [
            Prepare(RewriteColumn("op", "path"), "$old", "$new"),
            Prepare(RewriteColumn("op", "path2"), "$old", "$new"),
            Prepare(RewriteColumn("layer", "path"), "$old", "$new"),
        ];
        _putAttr = Prepare(
            """
            INSERT OR REPLACE INTO object_attr(object_id, ino, mode, uid, gid, version_id, modified_ns, accessed_ns)
            VALUES($id, $ino, $mode, $uid, $gid, $versionId, $modified, $accessed)
            """,
            "$id", "$ino", "$mode", "$uid", "$gid", "$versionId", "$modified", "$accessed");
        _removeAttr = Prepare("DELETE FROM object_attr WHERE object_id = $id", "$id");
        _rebindAttr = Prepare("UPDATE OR REPLACE object_attr SET object_id = $new WHERE object_id = $old", "$old", "$new");
        _supersedeOwnVersion = Prepare("UPDATE own_version SET superseded = 1 WHERE file_id = $file AND version_id = $version", "$file", "$version");
        _addOwnVersion = Prepare("INSERT OR IGNORE INTO own_version(file_id, version_id, superseded) VALUES($file, $version, 0)", "$file", "$version");
        _forgetOldOwnVersions = Prepare("DELETE FROM own_version WHERE seq <= (SELECT max(seq) FROM own_version) - $kept", "$kept");
        _removeOwnVersion = Prepare("DELETE FROM own_version WHERE file_id = $file AND version_id = $version", "$file", "$version");
        _setMeta = Prepare("INSERT OR REPLACE INTO meta(key, value) VALUES($key, $value)", "$key", "$value");
        _putLayer = Prepare(
            "INSERT OR REPLACE INTO layer(file_name, generation, path, ino, created_ns) VALUES($name, $generation, $path, $ino, $created)",
            "$name", "$generation", "$path", "$ino", "$created");
        _removeLayer = Prepare("DELETE FROM layer WHERE file_name = $name", "$name");
    }

    public void Begin() => _begin.ExecuteNonQuery();

    public void Commit() => _commit.ExecuteNonQuery();

    public void Rollback() => _rollback.ExecuteNonQuery();

    public void Apply(JournalChange change)
    {
        switch (change)
        {
            case JournalChange.PutOp(var op):
                Run(_putOp, op.Seq, (long)op.Kind, (long)op.State, op.Path, op.Path2, unchecked((long)op.Ino), op.FileId, op.Data, op.Error);
                break;
            case JournalChange.RemoveOp(var seq):
                Run(_removeOp, seq);
                break;
            case JournalChange.RewritePaths(var oldPrefix, var newPrefix):
                foreach (SqliteCommand command in _rewritePaths)
                    Run(command, oldPrefix, newPrefix);
                break;
            case JournalChange.PutAttr(var attr):
                Run(
                    _putAttr, attr.ObjectId, unchecked((long)attr.Ino), (long?)attr.Mode, (long?)attr.Uid, (long?)attr.Gid,
                    attr.VersionId, attr.ModifiedNs, attr.AccessedNs);
                break;
            case JournalChange.RemoveAttr(var id):
                Run(_removeAttr, id);
                break;
            case JournalChange.RebindAttr(var oldId, var newId):
                Run(_rebindAttr, oldId, newId);
                break;
            case JournalChange.AddOwnVersion(var file, var version, var over):
                if (over is not null)
                    Run(_supersedeOwnVersion, file, over);
                Run(_addOwnVersion, file, version);
                Run(_forgetOldOwnVersions, (long)MaxOwnVersions);
                break;
            case JournalChange.RemoveOwnVersion(var file, var version):
                Run(_removeOwnVersion, file, version);
                break;
            case JournalChange.SetMeta(var key, var value):
                Run(_setMeta, key, value);
                break;
            case JournalChange.PutLayer(var layer):
                Run(_putLayer, layer.FileName, layer.Generation, layer.Path, unchecked((long)layer.Ino), layer.Created.UnixNanoseconds);
                break;
            case JournalChange.RemoveLayer(var fileName):
                Run(_removeLayer, fileName);
                break;
            default:
                throw new ArgumentException($"Unknown change {change.GetType().Name}.", nameof(change));
        }
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in _all)
            command.Dispose();
    }

    // Equal, or below: the slash keeps /a/bc apart from /a/b. length() and substr() both count characters as SQLite does.
    private static string RewriteColumn(string table, string column) =>
        $"""
        UPDATE {table} SET {column} = $new || substr({column}, length($old) + 1)
        WHERE {column} = $old OR substr({column}, 1, length($old) + 1) = $old || '/'
        """;

    private static void Run(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (int i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<string> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        _all.Add(command);
#pragma warning disable CA2100 // Only our own constant text comes here.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (string parameter in parameters)
            command.Parameters.Add(new SqliteParameter(parameter, null));
        return command;
    }
}
