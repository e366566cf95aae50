using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Storage;

/// <summary>
/// The library's records in <c>library.jsonl</c>: one JSON object a line, the newest of an id wins. Blobs are on disk before the record that
/// names them. A crash can tear the last line, which the next start cuts off.
/// </summary>
internal sealed class LibraryLog : IDisposable
{
    private readonly FileStream _file;
    private readonly MemoryStream _pending = new();

    /// <summary>Opens or makes the log and reads what it holds.</summary>
    public LibraryLog(string root)
    {
        Directory.CreateDirectory(root);
        string path = Path.Combine(root, "library.jsonl");
        Records = Compact(path, ReadAll(path));
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>The records found at start, the newest of each kind and id, in the order of first writing: a folder may come before the one it is in.</summary>
    public IReadOnlyList<JsonObject> Records { get; }

    /// <summary>Adds a record; it is written by the next <see cref="Flush"/>.</summary>
    public void Append(JsonObject record)
    {
        using (var writer = new Utf8JsonWriter(_pending))
            record.WriteTo(writer);
        _pending.WriteByte((byte)'\n');
    }

    /// <summary>Hands all added records to the system in one write.</summary>
    public void Flush()
    {
        if (_pending.Length == 0)
            return;
        _file.Write(_pending.GetBuffer(), 0, (int)_pending.Length);
        _file.Flush();
        _pending.SetLength(0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        _pending.Dispose();
    }

    private static List<JsonObject> ReadAll(string path)
    {
        var records = new List<JsonObject>();
        if (!File.Exists(path))
            return records;
        foreach (string line in File.ReadLines(path, Encoding.UTF8))
        {
            try
            {
                if (JsonNode.Parse(line) is JsonObject record)
                    records.Add(record);
            }
            catch (JsonException)
            {
                break; // torn: nothing was acknowledged from here on
            }
        }

        return records;
    }

    // Written beside and renamed over: a crash leaves the old log or the new one.
    private static List<JsonObject> Compact(string path, List<JsonObject> records)
    {
        var newest = new Dictionary<(string, string), int>();
        var kept = new List<JsonObject>();
        foreach (JsonObject record in records)
        {
            (string, string) key = ((string)record["op"]!, (string)record["id"]!);
            if (newest.TryGetValue(key, out int at))
            {
                kept[at] = record;
            }
            else
            {
                newest.Add(key, kept.Count);
                kept.Add(record);
            }
        }

        // What is gone needs no record, unless it is a synthetic file that would come back.
        List<JsonObject> result = [.. kept.Where(record => record["gone"] is null || ((string)record["id"]!).StartsWith("0000f", StringComparison.Ordinal))];
        string beside = path + ".new";
        using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write))
        {
            foreach (JsonObject record in result)
            {
                using (var writer = new Utf8JsonWriter(file))
                    record.WriteTo(writer);
                file.WriteByte((byte)'\n');
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
        return result;
    }
}
