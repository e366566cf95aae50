using System.Diagnostics.CodeAnalysis;
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

    /// <summary>Before a new use of the folder: the record of the last one says nothing about it.</summary>
    public static void Remove(string stateFolder)
    {
        try
        {
            File.Delete(Path.Combine(stateFolder, FileName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A record that stays is not taken for this process's: it names another.
        }
    }

    /// <summary>Whether the last mount that used the folder left nothing there. False when that is not known, as after a crash.</summary>
    public static bool EndedClean(string stateFolder) => Load(stateFolder) is { ExitCode: (int)Cli.ExitCode.Ok };

    /// <summary>The record that <paramref name="process"/> wrote, or null.</summary>
    public static ExitRecord? Read(string stateFolder, ProcessIdentity process)
    {
        ExitRecord? record = Load(stateFolder);
        return record is not null && record.ProcessId == process.ProcessId && record.StartTicks == process.StartTicks ? record : null;
    }

    /// <summary>The record of a process that is still running: its mount is gone, and it drains or is about to end.</summary>
    public static bool TryReadLive(string stateFolder, [NotNullWhen(true)] out ExitRecord? record)
    {
        record = Load(stateFolder);
        return record is not null && new ProcessIdentity(record.ProcessId, record.StartTicks).IsAlive();
    }

    private static ExitRecord? Load(string stateFolder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(stateFolder, FileName)), CliJson.Default.ExitRecord);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
