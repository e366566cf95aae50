using System.Text.Json;

namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// How the end of a mount goes, for `umount` to read: written beside the journal while the serving process drains,
/// and for the last time just before it ends.
/// </summary>
internal sealed record ExitRecord
{
    public const string FileName = "last-exit.json";

    public required int ProcessId { get; init; }

    /// <summary>Tells a record of this process from one of an earlier process with the same number.</summary>
    public required long StartTicks { get; init; }

    /// <summary>Null while it drains.</summary>
    public int? ExitCode { get; init; }

    /// <summary>What is not in the library yet.</summary>
    public int Remaining { get; init; }

    public long RemainingBytes { get; init; }

    /// <summary>The first of what stayed here, one line each.</summary>
    public IReadOnlyList<string> Kept { get; init; } = [];

    public string Message { get; init; } = "";

    /// <summary>Replaces the record whole: a reader sees the old one or the new one.</summary>
    public void Write(string stateFolder)
    {
        string path = Path.Combine(stateFolder, FileName);
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, CliJson.Default.ExitRecord));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The record that <paramref name="process"/> wrote, or null.</summary>
    public static ExitRecord? Read(string stateFolder, ProcessIdentity process)
    {
        try
        {
            byte[] json = File.ReadAllBytes(Path.Combine(stateFolder, FileName));
            ExitRecord? record = JsonSerializer.Deserialize(json, CliJson.Default.ExitRecord);
            return record is not null && record.ProcessId == process.ProcessId && record.StartTicks == process.StartTicks ? record : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
