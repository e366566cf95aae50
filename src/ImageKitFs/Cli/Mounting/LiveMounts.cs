using System.Runtime.Versioning;
using ImageKitFs.Cli.Commands;
using ImageKitFs.Platform.Linux;

namespace ImageKitFs.Cli.Mounting;

/// <summary>The mounts of this machine, as the kernel lists them.</summary>
internal static class LiveMounts
{
    // Dead mounts can lie on top of each other; more than a few means that something remounts them.
    private const int MostStacked = 8;

    /// <summary>Every imagekitfs mount point, oldest first.</summary>
    public static IReadOnlyList<string> List() =>
        OperatingSystem.IsLinux() ? OnLinux() : [.. MountRecord.List().Select(record => record.MountPoint)];

    /// <summary>The mount point that <paramref name="path"/> names.</summary>
    /// <exception cref="CliException">NotMounted.</exception>
    public static string Require(string path)
    {
        string canonical = MountPoints.Canonical(path);
        return List().FirstOrDefault(mounted => string.Equals(mounted, canonical, MountPoints.Comparison))
            ?? throw new CliException(ExitCode.NotMounted, $"no imagekitfs mount at {canonical}");
    }

    /// <summary>Who serves a mount and where it leaves word of its end, as this machine noted it; null on Linux, where only the mount itself knows.</summary>
    public static (ProcessIdentity Process, string StateFolder)? ServerOf(string mountPoint) => OperatingSystem.IsLinux()
        ? null
        : MountRecord.List().Where(record => string.Equals(record.MountPoint, mountPoint, MountPoints.Comparison))
            .Select(record => ((ProcessIdentity, string)?)(new ProcessIdentity(record.ProcessId, record.StartTicks), record.StateFolder)).LastOrDefault();

    /// <summary>What can be refused before the service is asked and pending work is resumed; the mount itself checks again.</summary>
    [SupportedOSPlatform("linux")]
    public static async Task RequireFreeAsync(string mountPoint, bool mayHaveEntries, CancellationToken ct)
    {
        switch (await MountTable.StateOfAsync(mountPoint, ct))
        {
            case MountPointState.Alive:
                throw new CliException(ExitCode.Busy, $"{mountPoint} is already mounted; imagekitfs umount {mountPoint} takes it away");
            case MountPointState.Stale:
                // Removed by the mount that follows.
                return;
            case MountPointState.NotMounted:
                break;
        }

        try
        {
            if (!Directory.Exists(mountPoint))
                throw new CliException(ExitCode.MountPointMissing, $"{mountPoint} is not a folder; make it with: mkdir -p {mountPoint}");
            if (!mayHaveEntries && Directory.EnumerateFileSystemEntries(mountPoint).Any())
                throw new CliException(ExitCode.MountPointNotEmpty, $"{mountPoint} is not empty, and a mount would hide what is there; choose another folder or pass --nonempty");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CliException(ExitCode.NotPermitted, $"{mountPoint} does not let this user in", e);
        }
    }

    /// <summary>Takes a mount away from outside the process that serves it.</summary>
    /// <exception cref="CliException">Busy or NotPermitted.</exception>
    public static void Detach(string mountPoint, bool isLazy)
    {
        if (OperatingSystem.IsWindows())
        {
            foreach (MountRecord record in MountRecord.List().Where(record => string.Equals(record.MountPoint, mountPoint, MountPoints.Comparison)))
                UnmountSignal.Raise(new ProcessIdentity(record.ProcessId, record.StartTicks), mountPoint);
            return;
        }

        if (!OperatingSystem.IsLinux() || FuseMount.TryUnmount(mountPoint, isLazy, out string error))
            return;
        string users = OpenFiles.Under(mountPoint);
        if (users.Length > 0)
            throw new CliException(ExitCode.Busy, $"files are open below {mountPoint}, by {users}; close them, or detach it with imagekitfs umount --lazy {mountPoint}");
        throw error.Contains("in use", StringComparison.Ordinal)
            ? new CliException(ExitCode.Busy, $"files are open below {mountPoint}; close them, or detach it with imagekitfs umount --lazy {mountPoint}")
            : new CliException(ExitCode.NotPermitted, error);
    }

    /// <summary>Removes every dead mount from the folder.</summary>
    [SupportedOSPlatform("linux")]
    public static async Task DetachStaleAsync(string mountPoint, CancellationToken ct)
    {
        for (int i = 0; i < MostStacked && await MountTable.StateOfAsync(mountPoint, ct) == MountPointState.Stale; i++)
            Detach(mountPoint, isLazy: true);
    }

    [SupportedOSPlatform("linux")]
    private static List<string> OnLinux()
    {
        List<string> mountPoints = [];
        foreach (MountInfo mount in MountTable.List())
        {
            if (!mountPoints.Contains(mount.MountPoint))
                mountPoints.Add(mount.MountPoint);
        }

        return mountPoints;
    }
}
