using System.Text.Json;

namespace ImageKitFs.Cli.Mounting;

/// <summary>On Windows, where no system call lists mounts: one small file for each, as long as its process lives.</summary>
/// <param name="MountPoint">Where it is.</param>
/// <param name="ProcessId">Who serves it.</param>
/// <param name="StartTicks">Tells that process from a later one of the same number.</param>
/// <param name="StateFolder">Where it leaves word of its end. A drive is seen in one logon session only, this file in all.</param>
internal sealed record MountRecord(string MountPoint, int ProcessId, long StartTicks, string StateFolder)
{
    /// <summary>The mounts of this user, oldest first. What a process that died left behind is removed.</summary>
    public static IReadOnlyList<MountRecord> List()
    {
        string folder = Folder();
        if (!Directory.Exists(folder))
            return [];
        List<MountRecord> live = [];
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*.json").OrderBy(file => file.CreationTimeUtc))
        {
            if (Read(file.FullName) is not { } record)
                continue;
            if (new ProcessIdentity(record.ProcessId, record.StartTicks).IsAlive())
                live.Add(record);
            else
                Remove(record);
        }

        return live;
    }

    public static void Save(MountRecord record)
    {
        Directory.CreateDirectory(Folder());
        File.WriteAllBytes(FileOf(record), JsonSerializer.SerializeToUtf8Bytes(record, CliJson.Default.MountRecord));
    }

    public static void Remove(MountRecord record)
    {
        try
        {
            File.Delete(FileOf(record));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next list looks at its process.
        }
    }

    private static MountRecord? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), CliJson.Default.MountRecord);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static string Folder() => Path.Combine(StatePaths.Root(Environment.GetEnvironmentVariable), "mounts");

    private static string FileOf(MountRecord record) => Path.Combine(Folder(), $"{record.ProcessId}.json");
}
