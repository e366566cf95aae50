using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

/// <summary>Two machines with one library.</summary>
public sealed class TwoMountsTests
{
    /// <summary>A notification of the kernel's reaches who watches the file; who watches its folder gets none of it (Linux 6.18).</summary>
    [SkippableFact]
    public async Task Who_watches_a_file_is_told_when_others_deleted_it()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(options: ["--dir-ttl", "1s"]);
        (await library.RunAsync("mkdir d; echo x >d/gone; echo y >d/stays")).Ended();
        string ready = library.PathOf("ready");
        Task<ShellResult> watcher = library.RunAsync($$"""
            timeout 60 python3 - <<'EOF'
            import ctypes, os, select, struct
            libc = ctypes.CDLL(None, use_errno=True)
            IN_DELETE_SELF = 0x400
            watch = libc.inotify_init()
            names = {libc.inotify_add_watch(watch, path.encode(), IN_DELETE_SELF): path for path in ["d/gone", "d/stays"]}
            open("{{ready}}", "w").close()
            while not select.select([watch], [], [], 0.2)[0]: os.listdir("d")
            print(names[struct.unpack("iIII", os.read(watch, 16))[0]])
            EOF
            """);
        while (!File.Exists(ready) && !watcher.IsCompleted)
            await Task.Delay(50);

        library.Emulator.Store.Delete("/d/gone");

        Assert.Equal("d/gone", (await watcher).Ended().Text);
    }

    /// <summary>As an open file manager does: it waits, and asks for nothing.</summary>
    [SkippableFact]
    public async Task Who_watches_a_folder_is_told_what_others_do_in_it()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(mount: false, options: ["--dir-ttl", "1s"]);
        library.Emulator.Store.Put("/d/gone", "x"u8);
        library.Emulator.Store.Put("/d/changed", "x"u8);
        library.Emulator.Store.Put("/d/folder-gone/file", "x"u8);
        await library.MountAsync();
        (await library.RunAsync("cat d/gone d/changed; ls d/folder-gone")).Ended();
        await library.SettleAsync();
        string ready = library.PathOf("ready");
        Task<ShellResult> watcher = library.RunAsync($$"""
            timeout 60 python3 - <<'EOF'
            import ctypes, os, struct
            libc = ctypes.CDLL(None, use_errno=True)
            IN_ATTRIB, IN_CREATE, IN_DELETE = 4, 0x100, 0x200
            watch = libc.inotify_init()
            libc.inotify_add_watch(watch, b"d", IN_ATTRIB | IN_CREATE | IN_DELETE)
            open("{{ready}}", "w").close()
            events = set()
            while len(events) < 5:
                data = os.read(watch, 65536)
                while data:
                    _, mask, _, length = struct.unpack_from("iIII", data)
                    name = data[16:16 + length].rstrip(b"\0").decode()
                    if name:
                        events.add(f"{name} {mask & 0xfff:x}")
                    data = data[16 + length:]
            print("\n".join(sorted(events)))
            EOF
            """);
        while (!File.Exists(ready) && !watcher.IsCompleted)
            await Task.Delay(50);

        library.Emulator.Store.Put("/d/changed", "another"u8);
        library.Emulator.Store.Put("/d/new", "x"u8);
        library.Emulator.Store.Put("/d/folder-new/file", "x"u8);
        library.Emulator.Store.Delete("/d/gone");
        library.Emulator.Store.Delete("/d/folder-gone");

        Assert.Equal("changed 4\nfolder-gone 200\nfolder-new 100\ngone 200\nnew 100", (await watcher).Ended().Text);
        (await library.CommandAsync("sync", library.MountPoint)).Ended();
        Assert.Equal("another", (await library.RunAsync("cat d/changed")).Ended().Text);
        Assert.Equal("changed\nfolder-new\nnew", (await library.RunAsync("ls d")).Ended().Text);
        // Nothing but listings, and the one file that was read.
        Assert.Equal(0, library.Emulator.Stats.Total - library.Emulator.Stats.Count(EndpointKind.List) - library.Emulator.Stats.Count(EndpointKind.Delivery));
    }

    [SkippableFact]
    public async Task What_one_does_the_other_sees_within_the_listing_time()
    {
        Kernel.Require();
        await using MountedLibrary one = await MountedLibrary.StartAsync(options: ["--dir-ttl", "1s"]);
        await using MountedLibrary two = await MountedLibrary.StartAsync(share: one.Emulator, options: ["--dir-ttl", "1s"]);
        (await two.RunAsync("ls -la .")).Ended();

        (await one.RunAsync("mkdir d; echo from one >d/f; echo g >d/g")).Ended();
        await SeesAsync(two, "cat d/f 2>/dev/null", "from one");
        (await two.RunAsync("echo from two >d/f; mv d/g d/h; echo n >d/n")).Ended();
        await SeesAsync(one, "cat d/f; ls d", "from two\nf\nh\nn");
        (await one.RunAsync("rm -r d")).Ended();
        await SeesAsync(two, "ls", "");
    }

    [SkippableFact]
    public async Task Both_change_one_file_and_both_versions_are_kept()
    {
        Kernel.Require();
        await using MountedLibrary one = await MountedLibrary.StartAsync(options: ["--dir-ttl", "10m"]);
        (await one.RunAsync("echo base >f")).Ended();
        await using MountedLibrary two = await MountedLibrary.StartAsync(share: one.Emulator, options: ["--dir-ttl", "10m"]);
        (await two.RunAsync("cat f")).Ended();

        (await one.RunAsync("echo ours >f")).Ended();
        (await two.RunAsync("echo theirs >f")).Ended();

        string[] contents =
        [
            .. one.Emulator.Store.List().Where(entry => !entry.IsFolder)
                .SelectMany(entry => one.Emulator.Store.VersionsOf(entry.Path).Where(version => version.IsCurrent))
                .Select(version => System.Text.Encoding.UTF8.GetString(version.Content)).Order(StringComparer.Ordinal),
        ];
        Assert.Equal(["ours\n", "theirs\n"], contents);
    }

    /// <summary>Asks until the answer is right; a minute is a failure, not patience.</summary>
    private static async Task SeesAsync(MountedLibrary library, string script, string expected) =>
        (await library.RunAsync($"""
            for i in $(seq 600); do
                seen=$({script}) || true
                [ "$seen" = $'{expected.Replace("\n", "\\n", StringComparison.Ordinal)}' ] && exit 0
                sleep 0.1
            done
            echo "$seen"; exit 1
            """)).Ended();
}
