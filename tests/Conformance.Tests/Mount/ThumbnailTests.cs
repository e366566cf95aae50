using System.Text.Json;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

/// <summary>Thumbnails and transformed files as programs find them through the kernel.</summary>
public sealed class ThumbnailTests
{
    // Looks as tumbler 4.18 does: hashes the name as in a URI, and believes a thumbnail whose time is the file's to the microsecond.
    private const string Desktop = """
        import hashlib, os, sys, urllib.parse, zlib
        def texts(png):
            assert png[:8] == b'\x89PNG\r\n\x1a\n'
            at, found = 8, {}
            while at < len(png):
                length = int.from_bytes(png[at:at + 4], 'big')
                kind, data = png[at + 4:at + 8], png[at + 8:at + 8 + length]
                assert zlib.crc32(kind + data) == int.from_bytes(png[at + 8 + length:at + 12 + length], 'big')
                if kind == b'tEXt':
                    key, _, value = data.partition(b'\0')
                    found[key.decode()] = value.decode()
                at += 12 + length
            return found
        def expected(path):
            seconds, nanoseconds = divmod(os.stat(path).st_mtime_ns, 10**9)
            micros = nanoseconds // 1000
            return f'{seconds}.{micros:06}' if micros else str(seconds)
        shown = 0
        for name in sorted(os.listdir('.')):
            uri = urllib.parse.quote(name, safe="!$&'()*+,-./:=@_~")
            path = f'.sh_thumbnails/{sys.argv[1]}/{hashlib.md5(uri.encode()).hexdigest()}.png'
            if not os.path.exists(path):
                print('none', name)
                continue
            png = open(path, 'rb').read()
            assert len(png) == os.stat(path).st_size
            found = texts(png)
            assert found == {'Thumb::URI': uri, 'Thumb::MTime': expected(name)}, (found, expected(name))
            width, height = int.from_bytes(png[16:20], 'big'), int.from_bytes(png[20:24], 'big')
            assert max(width, height) <= int(sys.argv[2]), (width, height)
            shown += 1
        print(shown)
        """;

    [SkippableFact]
    public async Task A_folder_of_pictures_is_browsed_for_thumbnails_and_no_byte_of_an_original()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 1, FilesPerFolder: 200, FileSize: 100_000) }, options: ["--dir-ttl", "10m"]);
        library.Emulator.Store.Put("/folder-00000/it's 100% a & b é.png", library.Emulator.Store.Read("/folder-00000/image-000001.png"));
        library.Emulator.Store.Put("/folder-00000/notes.txt", "no picture"u8);
        File.WriteAllText(library.PathOf("desktop.py"), Desktop);

        string normal = (await library.RunAsync($"python3 {library.PathOf("desktop.py")} normal 128", "folder-00000")).Ended().Text;
        long requests = library.Emulator.Stats.Count(EndpointKind.Delivery);
        string again = (await library.RunAsync($"python3 {library.PathOf("desktop.py")} normal 128", "folder-00000")).Ended().Text;
        string names = (await library.RunAsync("ls -A | grep -c sh_thumbnails || true; find . -name '*thumb*'", "folder-00000")).Ended().Text;

        Assert.Equal("none notes.txt\n201", normal);
        Assert.Equal(normal, again);
        Assert.Equal("0", names);
        Assert.Equal(201, requests);
        Assert.Equal((201, 0), (library.Emulator.Stats.Count(EndpointKind.Delivery), library.Emulator.Stats.OriginalBytes));
    }

    [SkippableFact]
    public async Task A_folder_whose_thumbnails_were_looked_at_is_moved_and_removed_like_any_other()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 1, FilesPerFolder: 3, FileSize: 5000), JobDuration = TimeSpan.FromMilliseconds(20) });
        File.WriteAllText(library.PathOf("desktop.py"), Desktop);
        string look = $"python3 {library.PathOf("desktop.py")} large 256";

        string before = (await library.RunAsync(look, "folder-00000")).Ended().Text;
        (await library.RunAsync("mv folder-00000 moved; cp -r moved copied; test ! -e copied/.sh_thumbnails/x")).Ended();
        string after = (await library.RunAsync(look, "moved")).Ended().Text;
        (await library.RunAsync("! touch moved/.sh_thumbnails/x; ! mkdir moved/.sh_thumbnails/x; rm -r moved; test ! -e moved; ls -A")).Ended();

        Assert.Equal(("3", "3"), (before, after));
        Assert.False(library.Emulator.Store.Exists("/moved"));
    }

    [SkippableFact]
    public async Task Transformed_files_are_copied_out_by_path()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 1, FilesPerFolder: 5, FileSize: 5000) });

        string sizes = (await library.RunAsync(
            """
            cp .imagekit/tr/w-32,h-16/folder-00000/image-000001.png ../one.png
            cp -r .imagekit/tr/w-8/folder-00000 ../all
            ls ../all | wc -l
            python3 -c 'import sys
            for path in sys.argv[1:]:
                png = open(path, "rb").read()
                print(int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big"))' ../one.png ../all/image-000004.png
            """)).Ended().Text;

        Assert.Equal("5\n32 16\n8 8", sizes);
        Assert.Equal(0, library.Emulator.Stats.OriginalBytes);
    }

    [SkippableFact]
    public async Task Warm_pin_and_thumbnails_work_from_the_command_line_and_what_was_brought_is_read_without_a_network()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 3, FilesPerFolder: 4, FileSize: 50_000) }, options: ["--dir-ttl", "0s"]);
        string first = Path.Combine(library.MountPoint, "folder-00000");
        string second = Path.Combine(library.MountPoint, "folder-00001");

        ShellResult thumbnails = (await library.CommandAsync("warm", "--thumbnails", second)).Ended();
        long originals = library.Emulator.Stats.OriginalBytes;
        ShellResult warm = (await library.CommandAsync("warm", first)).Ended();
        ShellResult pin = (await library.CommandAsync("pin", second)).Ended();
        ShellResult twice = (await library.CommandAsync("pin", Path.Combine(second, "image-000000.png"))).Ended(1);
        await library.RemountAsync();
        string listed = await UntilPinnedAsync(library);
        ShellResult shown = (await library.CommandAsync("status", library.MountPoint)).Ended();
        library.Emulator.Faults.Replace("any=reset");
        string offline = (await library.RunAsync("cat folder-00000/* folder-00001/* | wc -c")).Ended().Text;
        library.Emulator.Faults.Clear();
        (await library.CommandAsync("unpin", second)).Ended();
        ShellResult none = (await library.CommandAsync("pin", "--list")).Ended();

        Assert.Equal("8 thumbnails stored, 0 were there, 0 files without one", thumbnails.Text);
        Assert.Equal(8, Directory.GetFiles(Path.Combine(library.PathOf("cache"), "thumbnails"), "*.png", SearchOption.AllDirectories).Length);
        Assert.Equal(0, originals);
        Assert.Equal(($"4 files (195.3 KiB) of {first} on this machine", $"4 files (195.3 KiB) of {second} on this machine"), (warm.Text, pin.Text));
        Assert.Contains("is pinned, or lies in a pinned folder", twice.Error, StringComparison.Ordinal);
        Assert.Equal($"{second}: 4 files (195.3 KiB), all here", listed);
        Assert.Contains($"pinned: {second}: 4 files", shown.Output, StringComparison.Ordinal);
        Assert.Equal("400000", offline);
        Assert.DoesNotContain(library.MountPoint, none.Text, StringComparison.Ordinal);
        Assert.Contains("is in no imagekitfs mount", (await library.CommandAsync("warm", library.Root)).Ended(16).Error, StringComparison.Ordinal);
        Assert.Contains("does not exist", (await library.CommandAsync("pin", Path.Combine(library.MountPoint, "nobody"))).Ended(1).Error, StringComparison.Ordinal);
        Assert.Contains("is not pinned", (await library.CommandAsync("unpin", second)).Ended(1).Error, StringComparison.Ordinal);
    }

    // A mount goes through its pins behind its start.
    private static async Task<string> UntilPinnedAsync(MountedLibrary library)
    {
        using CancellationTokenSource hang = new(TimeSpan.FromMinutes(1));
        while (true)
        {
            JsonElement copies = (await library.StatusAsync()).GetProperty("localCopies");
            if (copies.EnumerateArray().All(copy => copy.GetProperty("state").GetString() == "done"))
                return (await library.CommandAsync("pin", "--list")).Ended().Text.Split('\n').Single(line => line.StartsWith(library.MountPoint, StringComparison.Ordinal));
            await Task.Delay(TimeSpan.FromMilliseconds(50), hang.Token);
        }
    }
}
