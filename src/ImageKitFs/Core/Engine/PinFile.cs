using System.Text.Json;
using System.Text.Json.Serialization;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>A path whose files stay on this machine.</summary>
/// <param name="Path">As the user sees it, from the mount's root.</param>
/// <param name="Remote">The library's spelling.</param>
/// <param name="IsFolder">A folder with all below it, or one file.</param>
internal sealed record Pin(string Path, string Remote, bool IsFolder);

/// <summary>What is pinned, in the state folder: it outlives the mount and the cache.</summary>
internal sealed class PinFile(string path)
{
    /// <exception cref="IOException">It is there and cannot be read.</exception>
    public IReadOnlyList<Pin> Read()
    {
        // Asked first: most mounts pin nothing, and the first exception of a process takes as long as half a listing.
        if (!File.Exists(path))
            return [];
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), PinJson.Default.ListPin) ?? [];
        }
        catch (FileNotFoundException)
        {
            return [];
        }
        catch (JsonException e)
        {
            throw new IOException($"{path} is damaged: {e.Message}", e);
        }
    }

    /// <exception cref="IOException">The disk refused; what was there is still there.</exception>
    public void Write(IReadOnlyCollection<Pin> pins)
    {
        string temporary = path + ".new";
        using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(stream, [.. pins], PinJson.Default.ListPin);
            stream.Flush(flushToDisk: true);
        }

        // State after a crash: before the move the old pins, after it the new ones.
        File.Move(temporary, path, overwrite: true);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(List<Pin>))]
internal sealed partial class PinJson : JsonSerializerContext;
