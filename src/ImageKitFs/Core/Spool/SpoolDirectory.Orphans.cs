using System.Text.Json;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Spool;

/// <summary>A file that was moved to the recover folder.</summary>
/// <param name="File">Its path now; the note lies beside it, with ".json" added.</param>
/// <param name="Known">The journal's row about it, if there is one.</param>
internal sealed record Orphan(string File, long Size, LayerRow? Known);

internal sealed partial class SpoolDirectory
{
    /// <summary>
    /// At start, before any stack is made: moves every file that was found and is not in <paramref name="claimed"/> to the recover folder, with a note of what is known.
    /// Files without content are deleted.
    /// </summary>
    /// <param name="claimed">Names of the sealed layers that pending operations need.</param>
    /// <param name="known">The journal's layer rows: they name the file that an unsealed layer belonged to.</param>
    /// <param name="reason">Why nobody claims them.</param>
    /// <exception cref="IOException">The disk refused; what is not moved yet stays where it is.</exception>
    public IReadOnlyList<Orphan> MoveOrphans(
        IReadOnlySet<string> claimed, IEnumerable<LayerRow> known, RecoverReason reason = RecoverReason.Unfinished)
    {
        Dictionary<string, LayerRow> rows = [];
        foreach (LayerRow row in known)
            rows[row.FileName] = row;
        List<Orphan> moved = [];
        foreach (string name in FilesFound)
        {
            if (claimed.Contains(name))
                continue;
            var file = new FileInfo(PathOf(name));
            if (!file.Exists)
                continue;
            if (file.Length == 0)
            {
                Delete(name);
                continue;
            }
            moved.Add(MoveOrphan(file, rows.GetValueOrDefault(name), reason));
        }
        return moved;
    }

    /// <summary>
    /// At start: a sealed layer that is not what was sealed. What is left of it goes to the recover folder, with a note; when nothing is left, a note alone says so.
    /// </summary>
    /// <param name="layer">What the journal says.</param>
    /// <param name="remotePath">Whose bytes they are.</param>
    /// <param name="localName">The name as the user saw it.</param>
    /// <param name="modified">The time that the file showed.</param>
    public void MoveDamaged(SealedLayer layer, string remotePath, string localName, Timestamp modified)
    {
        if (layer.FileName is not { } name)
            return;
        var file = new FileInfo(PathOf(name));
        string target = System.IO.Path.Combine(Path, RecoverFolder, name);
        if (!file.Exists && File.Exists(target))
            return; // It was moved by a start that ended before the journal forgot it.
        RecoverNote note = new()
        {
            Reason = file.Exists ? RecoverReason.Damaged : RecoverReason.Missing,
            Path = remotePath,
            Name = localName,
            Size = layer.Size,
            LastWrite = modified.ToDateTimeOffset(),
            MovedHere = _time.GetUtcNow(),
        };
        try
        {
            Move(file, target, note);
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            LogUnreadable(name, exception);
        }
    }

    /// <summary>How many files lie in the recover folder; 0 when it cannot be read.</summary>
    public int CountRecovered()
    {
        try
        {
            // Each has a note; a note alone stands for a file whose bytes are gone.
            string folder = System.IO.Path.Combine(Path, RecoverFolder);
            return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*" + RecoverNote.Extension).Count() : 0;
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            return 0;
        }
    }

    private Orphan MoveOrphan(FileInfo file, LayerRow? row, RecoverReason reason)
    {
        string target = System.IO.Path.Combine(Path, RecoverFolder, file.Name);
        var orphan = new Orphan(target, file.Length, row);
        RecoverNote note = new()
        {
            Reason = reason,
            Path = row?.Path,
            Size = orphan.Size,
            LastWrite = new DateTimeOffset(file.LastWriteTimeUtc),
            MovedHere = _time.GetUtcNow(),
            Inode = row?.Ino,
            Created = row?.Created.ToDateTimeOffset(),
        };
        Move(file, target, note);
        LogOrphan(target, orphan.Size, row?.Path ?? "unknown");
        return orphan;
    }

    /// <remarks>
    /// Crash before the note is complete: the file is still where it was, and the next start writes the note anew.
    /// Crash between note and rename: the same. After the rename: note and file lie together.
    /// </remarks>
    private void Move(FileInfo file, string target, RecoverNote note)
    {
        string folder = System.IO.Path.Combine(Path, RecoverFolder);
        PrivateFolder.Create(folder);
        using (var stream = new FileStream(target + RecoverNote.Extension, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(stream, note, RecoverNoteJson.Default.RecoverNote);
            stream.Flush(flushToDisk: true);
        }
        if (file.Exists)
            File.Move(file.FullName, target);
        FolderSync.Flush(folder);
        Flush();
        Delete(System.IO.Path.GetFileName(target));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unfinished writing was kept as {File} ({Size} bytes, of {Path}); take it out with 'imagekitfs recover'.")]
    private partial void LogOrphan(string file, long size, string path);
}
