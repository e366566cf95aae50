using System.Text.Json;
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
    /// <exception cref="IOException">The disk refused; what is not moved yet stays where it is.</exception>
    public IReadOnlyList<Orphan> MoveOrphans(IReadOnlySet<string> claimed, IEnumerable<LayerRow> known)
    {
        Dictionary<string, LayerRow> rows = known.ToDictionary(row => row.FileName);
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
            moved.Add(MoveOrphan(file, rows.GetValueOrDefault(name)));
        }
        return moved;
    }

    private Orphan MoveOrphan(FileInfo file, LayerRow? row)
    {
        string folder = System.IO.Path.Combine(Path, RecoverFolder);
        PrivateFolder.Create(folder);
        string target = System.IO.Path.Combine(folder, file.Name);
        var orphan = new Orphan(target, file.Length, row);

        // Crash before the note is complete: the file is still an orphan here, and the next start writes the note anew.
        // Crash between note and rename: the same. After the rename: note and file lie together.
        WriteNote(target + ".json", orphan, file.LastWriteTimeUtc);
        File.Move(file.FullName, target);
        FolderSync.Flush(folder);
        Flush();
        Delete(file.Name);
        LogOrphan(target, orphan.Size, row?.Path ?? "unknown");
        return orphan;
    }

    private void WriteNote(string path, Orphan orphan, DateTime lastWrite)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write);
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("size", orphan.Size);
            json.WriteString("lastWrite", lastWrite);
            json.WriteString("movedHere", _time.GetUtcNow());
            if (orphan.Known is { } row)
            {
                json.WriteString("path", row.Path);
                json.WriteNumber("inode", row.Ino);
                json.WriteString("created", row.Created.ToDateTimeOffset());
            }
            json.WriteEndObject();
        }
        stream.Flush(flushToDisk: true);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unfinished writing was kept as {File} ({Size} bytes, of {Path}); take it out with 'imagekitfs recover'.")]
    private partial void LogOrphan(string file, long size, string path);
}
