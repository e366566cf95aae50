using System.Text.Json;
using ImageKitFs.Tests.Support;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

/// <summary>Disks and folders that run full, turn read-only or rot: a clear error where it happens, one line in the log, and everything else goes on.</summary>
public sealed class LimitTests
{
    private const long DiskBytes = 8 << 20;

    [SkippableFact]
    public async Task A_full_spool_refuses_writes_with_no_space_and_takes_them_again_when_uploads_made_room()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(options: ["--commit", "journal", "--spool-size", "4M"]);
        library.Emulator.Faults.Replace("upload=status:503");

        ShellResult full = await library.RunAsync("""
            head -c 3000000 /dev/zero | tr '\0' a >first
            for i in 1 2 3 4 5; do head -c 3000000 /dev/zero >next$i 2>/dev/null && exit 1; done
            ! head -c 3000000 /dev/zero >second || exit 1
            """);
        string first = (await library.RunAsync("sha256sum <first; ls first; echo small >small; cat small; rm next* second")).Ended().Text;
        JsonElement status = await library.StatusAsync();
        library.Emulator.Faults.Clear();
        (await library.RunAsync("echo retry >.imagekit/control")).Ended();
        (await library.CommandAsync("sync", library.MountPoint)).Ended();
        (await library.RunAsync("head -c 3000000 /dev/zero >second")).Ended();
        string after = (await library.RunAsync("sha256sum <first; ls first; cat small")).Ended().Text;
        await library.UnmountAsync();

        Assert.Contains("No space left on device", full.Ended().Error, StringComparison.Ordinal);
        Assert.Equal(4 << 20, status.GetProperty("spoolLimit").GetInt64());
        Assert.True(status.GetProperty("notDurableBytes").GetInt64() >= 3_000_000);
        Assert.Equal(first, after);
        Assert.Equal(3_000_000, library.Emulator.Store.Read("/first")!.Length);
        Assert.Equal(3_000_000, library.Emulator.Store.Read("/second")!.Length);
        Assert.Single(Lines(library.Log, "no room for changes"));
    }

    [SkippableFact]
    public async Task A_full_disk_of_the_state_folder_refuses_what_it_cannot_keep_and_goes_on_by_itself_when_there_is_room()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(mount: false);
        using SmallDisk disk = SmallDisk.Mount(DiskBytes, library.PathOf("state"));
        string log = library.PathOf("mount.log");
        await library.MountAsync("--commit", "journal", "--log-file", log);
        (await library.RunAsync("echo committed >committed")).Ended();
        (await library.CommandAsync("sync", library.MountPoint)).Ended();
        library.Emulator.Faults.Replace("upload=status:503");
        (await library.RunAsync("echo waiting >waiting")).Ended();

        // A file that is written while there is room and closed when there is none any more: fsync and close tell, and tell again.
        string late = (await library.RunAsync($$"""
            python3 - <<'EOF'
            import errno, os
            def ends(call):
                try: call(); return "ok"
                except OSError as e: return errno.errorcode[e.errno]
            fd = os.open("late", os.O_CREAT | os.O_WRONLY)
            os.write(fd, b"x" * 100000)
            with open("{{disk.At("ballast")}}", "ab", buffering=0) as ballast:
                while ends(lambda: ballast.write(b"0" * 4096)) == "ok": pass
            print(ends(lambda: os.fsync(fd)), ends(lambda: os.fsync(fd)), ends(lambda: os.close(fd)))
            EOF
            cat committed waiting; wc -c <late; ls -x
            """)).Ended().Text;
        ShellResult refused = await library.RunAsync("head -c 100000 /dev/zero >refused");
        JsonElement status = await library.StatusAsync();
        disk.Free();
        library.Emulator.Faults.Clear();
        (await library.RunAsync("echo new >new; echo retry >.imagekit/control")).Ended();
        (await library.CommandAsync("sync", library.MountPoint)).Ended();
        await library.UnmountAsync();

        Assert.Equal("ENOSPC ENOSPC ENOSPC\ncommitted\nwaiting\n100000", string.Join('\n', late.Split('\n')[..4]));
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("No space left on device", refused.Error, StringComparison.Ordinal);
        Assert.Contains("late", status.GetProperty("pending").ToString(), StringComparison.Ordinal);
        Assert.Equal(100_000, library.Emulator.Store.Read("/late")!.Length);
        Assert.Equal("new\n"u8.ToArray(), library.Emulator.Store.Read("/new"));
        Assert.Equal("waiting\n"u8.ToArray(), library.Emulator.Store.Read("/waiting"));
        string said = File.ReadAllText(log);
        Assert.Single(Lines(said, "journal cannot be written"));
        Assert.InRange(Lines(said, "no room for changes").Count, 0, 1);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task With_commit_close_a_close_on_a_full_disk_ends_and_the_file_goes_out_when_there_is_room()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(mount: false);
        using SmallDisk disk = SmallDisk.Mount(DiskBytes, library.PathOf("state"));
        await library.MountAsync("--log-file", library.PathOf("mount.log"));

        string ended = (await library.RunAsync($$"""
            timeout 100 python3 - <<'EOF'
            import errno, os
            def ends(call):
                try: call(); return "ok"
                except OSError as e: return errno.errorcode[e.errno]
            fd = os.open("late", os.O_CREAT | os.O_WRONLY)
            os.write(fd, b"x" * 100000)
            with open("{{disk.At("ballast")}}", "ab", buffering=0) as ballast:
                while ends(lambda: ballast.write(b"0" * 4096)) == "ok": pass
            print(ends(lambda: os.fsync(fd)), ends(lambda: os.close(fd)))
            EOF
            """)).Ended().Text;
        disk.Free();
        (await library.CommandAsync("sync", library.MountPoint)).Ended();

        Assert.Equal("ENOSPC ENOSPC", ended);
        Assert.Equal(100_000, library.Emulator.Store.Read("/late")!.Length);
        await library.UnmountAsync();
    }

    [SkippableFact]
    public async Task A_mount_whose_state_folder_has_no_room_says_so_and_the_next_one_sends_what_waits()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(mount: false);
        using SmallDisk disk = SmallDisk.Mount(DiskBytes, library.PathOf("state"));
        string[] options = ["--commit", "journal", "--drain-timeout", "1s", "--log-file", library.PathOf("mount.log")];
        library.Emulator.Faults.Replace("upload=status:503");
        await library.MountAsync(options);
        (await library.RunAsync("echo waiting >waiting")).Ended();
        (await library.CommandAsync("umount", library.MountPoint)).Ended(15);
        disk.Fill();

        ShellResult refused = await library.CommandAsync(["mount", library.MountPoint, .. options]);
        disk.Free();
        library.Emulator.Faults.Clear();
        await library.MountAsync(options);
        await library.UnmountAsync();

        Assert.Equal(1, refused.Ended(13).Error.Count(c => c == '\n'));
        Assert.Contains("state", refused.Error, StringComparison.Ordinal);
        Assert.Equal("waiting\n"u8.ToArray(), library.Emulator.Store.Read("/waiting"));
    }

    [SkippableFact]
    public async Task A_full_disk_of_the_cache_folder_costs_only_the_caching()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(mount: false);
        using SmallDisk disk = SmallDisk.Mount(DiskBytes, library.PathOf("cache"));
        byte[] large = new byte[20_000_000];
        new Random(1).NextBytes(large);
        library.Emulator.Store.Put("/large", large);
        library.Emulator.Store.Put("/small", "small"u8);
        await library.MountAsync();
        disk.Fill();

        (await library.RunAsync($"cat large >{library.PathOf("large")}; cat small; echo written >written; cat written; mkdir d; mv written d/; cat d/written")).Ended();
        await library.UnmountAsync();

        Assert.Equal(large, File.ReadAllBytes(library.PathOf("large")));
        Assert.Equal("written\n"u8.ToArray(), library.Emulator.Store.Read("/d/written"));
        Assert.InRange(Lines(library.Log, " error ").Count + Lines(library.Log, " warn ").Count, 0, 1);
    }

    [SkippableFact]
    public async Task A_read_only_cache_folder_is_told_at_the_mount()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(mount: false);
        using SmallDisk disk = SmallDisk.Mount(DiskBytes, library.PathOf("cache"));
        (await library.Shell.RunProgramAsync("/", "mount", "-o", "remount,ro", disk.Path)).Ended();

        ShellResult refused = await library.CommandAsync("mount", library.MountPoint);

        Assert.Equal(13, refused.Ended(13).ExitCode);
        Assert.Contains("Read-only file system", refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, refused.Error.Count(c => c == '\n'));
        Assert.False(library.IsMounted());
    }

    [SkippableFact]
    public async Task A_cache_folder_that_turns_read_only_costs_only_the_caching()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(mount: false);
        library.Emulator.Store.Put("/before", "before"u8);
        for (int i = 0; i < 20; i++)
            library.Emulator.Store.Put($"/after{i}", "after"u8);
        await library.MountAsync();
        string cache = library.PathOf("cache");

        ShellResult result = await library.Shell.RunAsync(library.MountPoint, $"""
            cat before
            mount --bind {cache} {cache}; trap 'umount -l {cache}' EXIT; mount -o remount,bind,ro {cache}
            cat before after*; echo written >written; cat written
            """);
        await library.UnmountAsync();

        Assert.Equal("beforebefore" + string.Concat(Enumerable.Repeat("after", 20)) + "written\n", result.Ended().Output);
        Assert.Equal("written\n"u8.ToArray(), library.Emulator.Store.Read("/written"));
        Assert.Single(Lines(library.Log, "content cache"));
        Assert.Equal(1, Lines(library.Log, " error ").Count + Lines(library.Log, " warn ").Count);
    }

    [SkippableFact]
    public async Task Cached_bytes_that_rotted_are_fetched_again()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(mount: false);
        byte[] content = new byte[300_000];
        new Random(2).NextBytes(content);
        library.Emulator.Store.Put("/picture", content);
        await library.MountAsync();
        (await library.RunAsync("cat picture >/dev/null")).Ended();
        await library.UnmountAsync();
        int rotten = 0;
        foreach (string file in Directory.EnumerateFiles(library.PathOf("cache"), "*", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length >= content.Length))
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite) { Position = 150_000 };
            stream.Write(new byte[100]);
            rotten++;
        }

        await library.MountAsync();
        (await library.RunAsync($"cat picture >{library.PathOf("picture")}")).Ended();
        await library.UnmountAsync();

        Assert.Equal(1, rotten);
        Assert.Equal(content, File.ReadAllBytes(library.PathOf("picture")));
        Assert.Single(Lines(library.Log, "failed its checksum"));
    }

    [SkippableFact]
    public async Task A_journal_of_a_newer_program_is_not_touched_and_has_its_own_exit_status()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync();
        (await library.RunAsync("echo x >f")).Ended();
        await library.UnmountAsync();
        string journal = Directory.GetFiles(library.PathOf("state"), "journal.db", SearchOption.AllDirectories).Single();
        (await library.Shell.RunProgramAsync("/", "python3", "-c", $"import sqlite3; c = sqlite3.connect('{journal}'); c.execute('PRAGMA user_version=999')")).Ended();
        byte[] before = File.ReadAllBytes(journal);

        ShellResult refused = await library.CommandAsync("mount", library.MountPoint);
        ShellResult recover = await library.CommandAsync("recover", library.PathOf("out"));

        Assert.Contains("newer imagekitfs", refused.Ended(20).Error, StringComparison.Ordinal);
        Assert.Equal(1, refused.Error.Count(c => c == '\n'));
        Assert.Contains("newer imagekitfs", recover.Ended(20).Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(journal));
    }

    private static List<string> Lines(string log, string text) => [.. log.Split('\n').Where(line => line.Contains(text, StringComparison.Ordinal))];
}
