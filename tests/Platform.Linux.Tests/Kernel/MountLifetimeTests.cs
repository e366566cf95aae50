using ImageKitFs.Platform.Linux.Interop;
using ImageKitFs.Platform.Linux.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Platform.Linux.Tests.Kernel;

/// <summary>Mounting, unmounting, and everything that goes wrong there.</summary>
[Collection("kernel")]
public sealed class MountLifetimeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [SkippableFact]
    public async Task A_mount_shows_type_source_and_a_raised_readahead()
    {
        await using TestMount mount = await TestMount.StartAsync();

        MountInfo info = Assert.Single(MountTable.List(), entry => entry.MountPoint == mount.Folder);
        Assert.Equal(("fuse.imagekitfs", "memory, \\ test"), (info.FileSystemType, info.Source));
        Assert.Equal(MountPointState.Alive, await MountTable.StateOfAsync(mount.Folder));
        Assert.Equal("1024", (await File.ReadAllTextAsync($"/sys/class/bdi/{info.Device}/read_ahead_kb")).Trim());
    }

    [SkippableFact]
    public async Task Unmounting_completes_and_leaves_the_folder_empty()
    {
        await using TestMount mount = await TestMount.StartAsync();

        Assert.True(await mount.Mount.UnmountAsync(TimeSpan.Zero));

        Assert.Equal(FuseExitReason.Requested, await mount.Mount.Completion.WaitAsync(Patience));
        Assert.Equal(MountPointState.NotMounted, await MountTable.StateOfAsync(mount.Folder));
        Assert.Empty(Directory.GetFileSystemEntries(mount.Folder));
    }

    [SkippableFact]
    public async Task A_busy_mount_is_detached_and_serves_its_open_files_to_the_end()
    {
        await using TestMount mount = await TestMount.StartAsync();
        mount.Files.Put("f", new byte[10_000]);
        FileStream open = new(mount.At("f"), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);

        Assert.False(await mount.Mount.UnmountAsync(TimeSpan.FromMilliseconds(200)));
        Assert.False(File.Exists(mount.At("f")));
        Assert.Equal(4096, open.Read(new byte[4096]));
        Assert.False(mount.Mount.Completion.IsCompleted);
        await open.DisposeAsync();

        Assert.Equal(FuseExitReason.Requested, await mount.Mount.Completion.WaitAsync(Patience));
    }

    [SkippableFact]
    public async Task A_busy_mount_is_tried_again_until_it_is_free()
    {
        await using TestMount mount = await TestMount.StartAsync();
        mount.Files.Put("f", [1]);
        FileStream open = new(mount.At("f"), FileMode.Open);

        Task<bool> unmount = mount.Mount.UnmountAsync(TimeSpan.FromMinutes(1));
        Assert.False(unmount.IsCompleted);
        await open.DisposeAsync();

        Assert.True(await unmount.WaitAsync(Patience));
    }

    [SkippableFact]
    public async Task An_umount_from_outside_is_noticed()
    {
        await using TestMount mount = await TestMount.StartAsync();

        await Shell.RunAsync($"umount {mount.Folder}");

        Assert.Equal(FuseExitReason.UnmountedOutside, await mount.Mount.Completion.WaitAsync(Patience));
    }

    [SkippableFact]
    public async Task TryUnmount_takes_only_mounts_of_ours()
    {
        await using TestMount mount = await TestMount.StartAsync();

        Assert.False(FuseMount.TryUnmount("/proc", lazy: false, out string error));
        Assert.Contains("not a mount of imagekitfs", error, StringComparison.Ordinal);
        Assert.True(FuseMount.TryUnmount(mount.Folder + "/", lazy: false, out error), error);
        Assert.Empty(error);
    }

    [SkippableFact]
    public async Task An_abort_ends_calls_in_progress_and_is_told_apart()
    {
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        MemoryFileSystem files = new()
        {
            BeforeLookup = async ct =>
            {
                entered.TrySetResult();
                await Task.Delay(Timeout.Infinite, ct);
            },
        };
        await using TestMount mount = await TestMount.StartAsync(files);
        bool wasMounted = FuseMount.Probe().CanAbort;
        if (!wasMounted)
            await Shell.RunAsync("mount -t fusectl none /sys/fs/fuse/connections");
        try
        {
            Task<ShellResult> blocked = mount.TryAsync("stat f");
            await entered.Task.WaitAsync(Patience);

            Assert.True(mount.Mount.TryAbort());

            Assert.Equal(FuseExitReason.Aborted, await mount.Mount.Completion.WaitAsync(Patience));
            Assert.NotEqual(0, (await blocked).ExitCode);
            Assert.Equal(MountPointState.Stale, await MountTable.StateOfAsync(mount.Folder));
        }
        finally
        {
            if (!wasMounted)
                await Shell.RunAsync("umount /sys/fs/fuse/connections");
        }
    }

    [SkippableFact]
    public async Task A_mount_whose_process_was_killed_is_replaced()
    {
        Skip.IfNot(File.Exists("/dev/fuse"), "no /dev/fuse on this machine");
        using TestFolder folder = new();
        using HolderProcess holder = await HolderProcess.StartAsync(folder.Path);
        Assert.Equal(MountHolder.ReadyLine, holder.FirstLine);
        Assert.Equal(FuseMountFailure.AlreadyMounted, (await Refusal(folder.Path)).Failure);
        Assert.Equal(MountHolder.Content, await File.ReadAllTextAsync(Path.Combine(folder.Path, "held")));
        await holder.KillAsync();
        Assert.Equal(MountPointState.Stale, await MountTable.StateOfAsync(folder.Path));
        ListLogger log = new();

        await using FuseMount mount = await FuseMount.MountAsync(new MemoryFileSystem(), new FuseMountOptions { MountPoint = folder.Path }, log);

        Assert.Contains(log.Entries, static entry => entry.Level == LogLevel.Warning && entry.Text.Contains("left behind", StringComparison.Ordinal));
        Assert.Single(MountTable.List(), entry => entry.MountPoint == folder.Path);
        Assert.Equal(MountPointState.Alive, await MountTable.StateOfAsync(folder.Path));
    }

    [SkippableFact]
    public async Task Mount_points_that_cannot_be_are_refused_by_cause()
    {
        Skip.IfNot(File.Exists("/dev/fuse"), "no /dev/fuse on this machine");
        using TestFolder folder = new();
        string file = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(file, "x");

        Assert.Equal(FuseMountFailure.MountPointMissing, (await Refusal(Path.Combine(folder.Path, "none"))).Failure);
        Assert.Equal(FuseMountFailure.MountPointNotDirectory, (await Refusal(file)).Failure);
        FuseMountException nonEmpty = await Refusal(folder.Path);
        Assert.Equal(FuseMountFailure.MountPointNotEmpty, nonEmpty.Failure);
        Assert.DoesNotContain('\n', nonEmpty.Message);
        Assert.Equal(MountPointState.NotMounted, await MountTable.StateOfAsync(folder.Path));

        await using FuseMount mount = await FuseMount.MountAsync(
            new MemoryFileSystem(), new FuseMountOptions { MountPoint = folder.Path, NonEmpty = true }, NullLogger.Instance);
        Assert.False(File.Exists(file));
    }

    [SkippableFact]
    public async Task A_user_mounts_through_fusermount3_and_is_told_why_when_not()
    {
        Skip.IfNot(File.Exists("/dev/fuse"), "no /dev/fuse on this machine");
        Skip.If(Libc.GetEffectiveUserId() != 0, "needs root to become another user");
        Skip.If(FusermountClient.FindProgram() is null, "fusermount3 is not installed");
        using TestFolder program = new();
        HolderProcess.CopyProgram(program.Path);
        using TestFolder folder = new();
        await Shell.RunAsync($"chown 65534:65534 {folder.Path}");
        // On machines without udev the device is root's only (0600); everywhere else it is 0666.
        string mode = await Shell.RunAsync("stat -c %a /dev/fuse");
        try
        {
            await Shell.RunAsync("chmod 0600 /dev/fuse");
            using (HolderProcess denied = await HolderProcess.StartAsNobodyAsync(program.Path, folder.Path))
                Assert.StartsWith("DeviceDenied:", denied.FirstLine, StringComparison.Ordinal);

            await Shell.RunAsync("chmod 0666 /dev/fuse");
            using (HolderProcess refused = await HolderProcess.StartAsNobodyAsync(program.Path, folder.Path, "allow_other"))
                Assert.StartsWith("AllowOtherRefused:", refused.FirstLine, StringComparison.Ordinal);
            using (HolderProcess notOurs = await HolderProcess.StartAsNobodyAsync(program.Path, program.Path))
                Assert.StartsWith("MountPointNotEmpty:", notOurs.FirstLine, StringComparison.Ordinal);

            using (HolderProcess killed = await HolderProcess.StartAsNobodyAsync(program.Path, folder.Path))
            {
                Assert.Equal(MountHolder.ReadyLine, killed.FirstLine);
                await killed.KillAsync();
            }

            // This one finds the dead mount of the one before.
            using HolderProcess holder = await HolderProcess.StartAsNobodyAsync(program.Path, folder.Path);
            Assert.Equal(MountHolder.ReadyLine, holder.FirstLine);
            Assert.Equal("user,\\holder", Assert.Single(MountTable.List(), entry => entry.MountPoint == folder.Path).Source);
            string asNobody = "setpriv --reuid 65534 --regid 65534 --clear-groups";
            Assert.Equal(MountHolder.Content, await Shell.RunAsync($"{asNobody} cat {folder.Path}/held"));
            Assert.Contains("Permission denied", (await Shell.TryAsync($"cat {folder.Path}/held")).Error, StringComparison.Ordinal);
            await Shell.RunAsync($"{asNobody} fusermount3 -u {folder.Path}");
            Assert.Equal(nameof(FuseExitReason.UnmountedOutside), await holder.ReadLineAsync());
        }
        finally
        {
            await Shell.RunAsync($"chmod {mode} /dev/fuse");
        }
    }

    [Fact]
    public void Probe_knows_this_machine()
    {
        FuseProbe probe = FuseMount.Probe();

        Assert.Equal(File.Exists("/dev/fuse"), probe.DeviceExists);
        Assert.Equal(Libc.GetEffectiveUserId() == 0 && probe.DeviceExists, probe.DeviceUsable);
        Assert.NotEmpty(probe.KernelRelease);
    }

    private static async Task<FuseMountException> Refusal(string path) => await Assert.ThrowsAsync<FuseMountException>(
        () => FuseMount.MountAsync(new MemoryFileSystem(), new FuseMountOptions { MountPoint = path }, NullLogger.Instance));
}
