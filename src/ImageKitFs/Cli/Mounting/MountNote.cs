using System.Text.Json;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Mounting;

/// <summary>What a state folder is about, for commands that find one without a mount: its name alone cannot be read back.</summary>
internal sealed record MountNote
{
    private const string FileName = "mount.json";

    /// <summary>The account. Not secret.</summary>
    public required string UrlEndpoint { get; init; }

    /// <summary>The folder of the library that was mounted.</summary>
    public required string Folder { get; init; }

    /// <summary>Replaces the note whole. A folder without one counts as of the whole library, so what cannot be written now is written by the next mount.</summary>
    public static void Write(MountOptions options)
    {
        string path = Path.Combine(options.StateDirectory, FileName);
        MountNote note = new() { UrlEndpoint = options.Endpoints.Delivery.ToString().TrimEnd('/'), Folder = options.Folder };
        if (Read(options.StateDirectory) == note)
            return;
        try
        {
            File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(note, CliJson.Default.MountNote));
            File.Move(path + ".tmp", path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk; the mount itself says so.
        }
    }

    /// <summary>The note of a state folder, or null.</summary>
    public static MountNote? Read(string stateFolder)
    {
        string path = Path.Combine(stateFolder, FileName);
        try
        {
            // Asked first: a new library has none, and the first exception of a process takes as long as half a listing.
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), CliJson.Default.MountNote) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
