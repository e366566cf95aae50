using System.Runtime.InteropServices;
using ImageKitFs.Platform.Linux.Interop;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Linux;

/// <summary>How unmounting went; <paramref name="Reason"/> is the system's words when it failed.</summary>
internal readonly record struct UnmountOutcome(bool Ok, bool IsBusy, string Reason)
{
    internal static readonly UnmountOutcome Done = new(true, false, string.Empty);
}

/// <summary>The system calls of mounting and unmounting, and the checks before them.</summary>
internal static class FuseMounter
{
    internal const string DevicePath = "/dev/fuse";

    /// <summary>Dead mounts can lie on top of each other; more than a few means that something remounts them.</summary>
    private const int MostStaleMounts = 8;

    /// <summary>1 MiB (the kernel starts with 128 KiB): sequential reads are 1.7 times as fast (measured); more is unstable.</summary>
    private const string ReadAheadKilobytes = "1024";

    /// <summary>Checks the folder, and removes dead mounts of ours from it.</summary>
    /// <returns>Its absolute path without links.</returns>
    internal static async Task<string> PrepareAsync(FuseMountOptions options, ILogger log, CancellationToken ct)
    {
        string mountPoint = MountTable.Canonical(options.MountPoint);
        for (int i = 0; await MountTable.StateOfAsync(mountPoint, ct) is var state && state != MountPointState.NotMounted; i++)
        {
            if (state == MountPointState.Alive)
                throw FuseFailures.AlreadyMounted(mountPoint);
            if (i == MostStaleMounts)
                throw FuseFailures.Stale(mountPoint, "it comes back");
            UnmountOutcome outcome = Unmount(mountPoint, lazy: true);
            if (!outcome.Ok)
                throw FuseFailures.Stale(mountPoint, outcome.Reason);
            FuseLog.StaleMountRemoved(log, mountPoint, null);
        }

        CheckFolder(mountPoint, options.NonEmpty);
        return mountPoint;
    }

    /// <summary>Mounts: with mount(2) where that is permitted (root, or root of a user namespace), else through fusermount3.</summary>
    internal static FuseDeviceHandle Mount(string mountPoint, FuseMountOptions options)
    {
        FuseDeviceHandle device = Libc.Open(DevicePath, Libc.OpenReadWrite | Libc.OpenCloseOnExec);
        if (device.IsInvalid)
        {
            int openErrno = Libc.LastError;
            throw openErrno switch
            {
                Errno.ENOENT or Errno.ENODEV => FuseFailures.NoDevice(),
                Errno.EACCES => FuseFailures.DeviceDenied(),
                Errno.EPERM => FuseFailures.NotPermitted(), // a container's device rules
                _ => FuseFailures.FromErrno($"Opening {DevicePath}", openErrno),
            };
        }

        int errno = Mount(device, mountPoint, options);
        if (errno == 0)
            return device;
        device.Dispose();
        return errno switch
        {
            Errno.EPERM when Libc.GetEffectiveUserId() == 0 && FusermountClient.FindProgram() is null => throw FuseFailures.NotPermitted(),
            Errno.EPERM => FusermountClient.Mount(mountPoint, FusermountClient.OptionsOf(options)),
            Errno.ENODEV => throw FuseFailures.NoDevice(),
            Errno.EACCES => throw FuseFailures.MountPointDenied(mountPoint),
            _ => throw FuseFailures.FromErrno($"Mounting on {mountPoint}", errno),
        };
    }

    /// <summary>Unmounts what lies topmost on the folder; lazily, open files live on until they are closed.</summary>
    internal static UnmountOutcome Unmount(string mountPoint, bool lazy)
    {
        if (Libc.Unmount(mountPoint, Libc.UnmountNoFollow | (lazy ? Libc.UnmountDetach : 0)) == 0)
            return UnmountOutcome.Done;
        int errno = Libc.LastError;
        if (errno != Errno.EPERM)
            return new UnmountOutcome(false, errno == Errno.EBUSY, Marshal.GetPInvokeErrorMessage(errno));
        string? reason = FusermountClient.Unmount(mountPoint, lazy);
        return reason is null ? UnmountOutcome.Done : new UnmountOutcome(false, reason.Contains("busy", StringComparison.OrdinalIgnoreCase), reason);
    }

    /// <summary>Raises the mount's readahead where we may (root); without it all works, slower.</summary>
    internal static void RaiseReadAhead(MountInfo mount)
    {
        try
        {
            File.WriteAllText($"/sys/class/bdi/{mount.Device}/read_ahead_kb", ReadAheadKilobytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }
    }

    /// <summary>Ends a connection at once: every call on the mount fails. The last resort.</summary>
    /// <returns>False when the kernel's control files are not there or not ours.</returns>
    internal static bool TryAbort(string device)
    {
        string minor = device[(device.IndexOf(':', StringComparison.Ordinal) + 1)..];
        try
        {
            File.WriteAllText($"/sys/fs/fuse/connections/{minor}/abort", "1");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static int Mount(FuseDeviceHandle device, string mountPoint, FuseMountOptions options)
    {
        ulong flags = Libc.MountNoSuid | Libc.MountNoDev;
        if (options.ReadOnly)
            flags |= Libc.MountReadOnly;
        if (options.NoAtime)
            flags |= Libc.MountNoAtime;
        string data = $"fd={device.Number},rootmode=40000,user_id={options.Uid},group_id={options.Gid},default_permissions,max_read={FuseNegotiation.MaxWrite}";
        if (options.AllowOther)
            data += ",allow_other";
        return Libc.Mount(options.Source, mountPoint, MountTable.FileSystemType, (nuint)flags, data) == 0 ? 0 : Libc.LastError;
    }

    private static void CheckFolder(string mountPoint, bool nonEmpty)
    {
        try
        {
            if (!File.GetAttributes(mountPoint).HasFlag(FileAttributes.Directory))
                throw FuseFailures.MountPointNotDirectory(mountPoint);
            if (!nonEmpty && Directory.EnumerateFileSystemEntries(mountPoint).Any())
                throw FuseFailures.MountPointNotEmpty(mountPoint);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw FuseFailures.MountPointMissing(mountPoint);
        }
        catch (UnauthorizedAccessException)
        {
            throw FuseFailures.MountPointDenied(mountPoint);
        }
    }
}
