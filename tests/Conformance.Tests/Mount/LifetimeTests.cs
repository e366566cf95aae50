using System.Diagnostics;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

/// <summary>What is left after the mount went away, in every way it can.</summary>
public sealed class LifetimeTests
{
    [SkippableFact]
    public async Task Everything_set_and_written_survives_an_unmount()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync();
        string prelude = $"OUTSIDE={library.Root}\n{Posix.PosixScripts.Prelude}";
        string before = (await library.RunAsync(prelude + """
            make_tree tree >/dev/null
            mv tree/photos/2024 tree/moved
            cp -p tree/docs/empty copy; touch empty; mkdir nothing; chmod 700 nothing
            [ "$(id -u)" != 0 ] || chown 12:34 tree/docs/empty
            echo x >new; chmod 400 new; touch -d '2011-11-11' new
            mv new renamed
            find tree -type d -exec touch -d '2012-12-12' {} +
            find . -printf '%p %m %U:%G %T@ %s %y\n' | sort
            """)).Ended().Text;

        await library.RemountAsync();
        string after = (await library.RunAsync("find . -printf '%p %m %U:%G %T@ %s %y\\n' | sort")).Ended().Text;

        // The mount's own root is nobody's object in the library.
        Assert.Equal(before.Split('\n')[1..], after.Split('\n')[1..]);
    }

    [SkippableFact]
    public async Task What_was_acknowledged_before_a_kill_is_there_after_a_remount()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(options: ["--commit", "journal"]);
        library.Emulator.Faults.Replace("upload=status:503");
        string written = (await library.RunAsync("""
            mkdir -p a/b; for i in $(seq 50); do head -c $((i * 1000)) /dev/urandom >a/b/$i; done
            mv a/b/1 a/one; mv a/b a/c; rm a/c/2; touch a/empty; echo more >>a/c/3; mkdir gone; rmdir gone
            find a -type f -exec sha256sum {} + | sort
            """)).Ended().Text;

        await library.KillServerAsync();
        library.Emulator.Faults.Clear();
        await library.MountAsync();
        string found = (await library.RunAsync("find a -type f -exec sha256sum {} + | sort")).Ended().Text;
        (await library.CommandAsync("sync", library.MountPoint)).Ended();

        Assert.Equal(written, found);
        Assert.Equal(
            written.Split('\n').Where(line => !line.EndsWith("a/empty", StringComparison.Ordinal)).Select(line => "/" + line[66..]).Order(StringComparer.Ordinal),
            library.Emulator.Store.List().Where(entry => !entry.IsFolder).Select(entry => entry.Path).Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task A_kill_in_the_middle_of_a_copy_loses_no_file_whose_copy_ended()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync();
        Task<ShellResult> copying = library.Shell.RunAsync(library.Root, $$"""
            for i in $(seq 1000); do
                head -c 5000 /dev/urandom >local$i; cp local$i {{library.MountPoint}}/f$i || exit 0; echo f$i >>acknowledged
            done
            """);
        while (!File.Exists(library.PathOf("local30")))
            await Task.Delay(TimeSpan.FromMilliseconds(5));

        await library.KillServerAsync();
        (await copying).Ended();
        await library.MountAsync();
        ShellResult compared = await library.Shell.RunAsync(library.Root, $"while read f; do cmp {library.MountPoint}/$f local${{f#f}}; done <acknowledged");

        compared.Ended();
        Assert.True(File.ReadAllLines(library.PathOf("acknowledged")).Length >= 20);
    }

    [SkippableFact]
    public async Task A_stale_mount_point_is_explained_and_mounted_over()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync();
        await library.KillServerAsync();

        // The very first call after the end is told of the abort, all others of the missing endpoint.
        ShellResult ls = await library.Shell.RunAsync(
            library.Root, $$"""for i in $(seq 100); do { ls {{library.MountPoint}} 2>&1 || true; } | grep 'Transport endpoint is not connected' && exit 0; sleep 0.05; done; exit 1""");
        ShellResult status = await library.CommandAsync("status", library.MountPoint);
        ShellResult umount = await library.CommandAsync("umount", library.MountPoint);
        await library.MountAsync();
        (await library.RunAsync("echo x >f; cat f")).Ended();
        await library.UnmountAsync();

        ls.Ended();
        Assert.Contains("stale", status.Ended(10).Output, StringComparison.Ordinal);
        Assert.Contains("--force", umount.Ended(10).Error, StringComparison.Ordinal);
        Assert.False(library.IsMounted());
    }

    [SkippableFact]
    public async Task A_terminate_signal_unmounts_cleanly_with_everything_sent()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(options: ["--commit", "journal"]);
        (await library.RunAsync("for i in $(seq 20); do echo $i >f$i; done")).Ended();
        int server = library.ServerProcess();

        (await library.Shell.RunProgramAsync("/", "/bin/kill", "-TERM", $"{server}")).Ended();
        await MountedLibrary.GoneAsync(server);

        Assert.False(library.IsMounted());
        Assert.Equal(20, library.Emulator.Store.List().Count);
    }

    [SkippableFact]
    public async Task The_systems_umount_works_and_our_own_waits_for_the_library()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(options: ["--commit", "journal"]);
        (await library.RunAsync("for i in $(seq 20); do echo $i >f$i; done")).Ended();
        int server = library.ServerProcess();

        (await library.Shell.RunProgramAsync("/", "umount", library.MountPoint)).Ended();
        await MountedLibrary.GoneAsync(server);
        Assert.Equal(20, library.Emulator.Store.List().Count);

        await library.MountAsync();
        (await library.RunAsync("for i in $(seq 20); do echo $i >g$i; done")).Ended();
        await library.UnmountAsync();
        Assert.Equal(40, library.Emulator.Store.List().Count);
    }

    [SkippableFact]
    public async Task An_open_file_keeps_the_mount_busy_and_the_message_says_who()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync();
        using Process holder = library.Shell.Start(library.MountPoint, "/bin/bash", "-c", "echo x >f; exec 3<f; echo ready; read");
        await holder.StandardOutput.ReadLineAsync();

        ShellResult busy = await library.CommandAsync("umount", library.MountPoint);
        holder.StandardInput.Close();
        await holder.WaitForExitAsync();

        Assert.Contains($"({holder.Id})", busy.Ended(9).Error, StringComparison.Ordinal);
        await library.UnmountAsync();
    }
}
