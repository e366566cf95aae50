using System.Text.Json;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

/// <summary>What ImageKit knows about files, through the real kernel: as extended attributes, and by the commands that take a path in a mount.</summary>
public sealed class AttributeTests
{
    [SkippableFact]
    public async Task Attributes_are_set_listed_and_removed_with_the_errors_that_programs_know()
    {
        Skip.IfNot(MountedLibrary.IsPossible, "there is no /dev/fuse");
        await using MountedLibrary library = await MountedLibrary.StartAsync();

        ShellResult result = await library.RunAsync(Posix.PosixScripts.Prelude + """
            echo bytes >a.txt
            setfattr -n user.imagekit.tags -v 'sea, sun' a.txt
            setfattr -n user.imagekit.description -v 'the beach' a.txt
            is "$(getfattr --only-values -n user.imagekit.tags a.txt)" sea,sun
            getfattr -d a.txt >"../shown"
            for name in id version private path url state tags description; do grep -q "^user.imagekit.$name=" ../shown; done
            refuses "Operation not permitted" setfattr -n user.imagekit.id -v x a.txt
            refuses "Invalid argument" setfattr -n user.imagekit.tags -v '100%' a.txt
            refuses "Invalid argument" setfattr -n user.imagekit.customMetadata.none -v x a.txt
            refuses "Numerical result out of range" setfattr -n user.imagekit.tags -v "$(printf 'x%.0s' $(seq 501))" a.txt
            python3 - <<'P'
            import errno, os
            for flag, name, wanted in ((os.XATTR_CREATE, "tags", errno.EEXIST), (os.XATTR_REPLACE, "customMetadata.x", errno.ENODATA)):
                try:
                    os.setxattr("a.txt", "user.imagekit." + name, b"v", flag)
                    raise SystemExit("not refused")
                except OSError as e:
                    assert e.errno in (wanted, errno.EINVAL if name != "tags" else wanted), e
            P
            setfattr -x user.imagekit.tags a.txt
            refuses "No such attribute" getfattr -n user.imagekit.tags a.txt
            refuses "No such attribute" setfattr -x user.imagekit.tags a.txt
            """);

        result.Ended();
        LibraryVersion stored = library.Emulator.Store.VersionsOf("/a.txt").Single();
        Assert.Empty(stored.Tags);
        Assert.Equal("the beach", stored.Description);
    }

    [SkippableFact]
    public async Task Copies_and_rsync_with_attributes_succeed_and_cost_no_more_requests()
    {
        Skip.IfNot(MountedLibrary.IsPossible, "there is no /dev/fuse");
        await using MountedLibrary library = await MountedLibrary.StartAsync();
        Directory.CreateDirectory(library.PathOf("tree"));
        for (int i = 0; i < 5; i++)
            await File.WriteAllTextAsync(library.PathOf($"tree/{i}.txt"), $"bytes {i}");
        await library.RunAsync("mkdir in");
        await library.SettleAsync();

        (await library.RunAsync("rsync -aX ../tree/ in/ && rsync -aX ../tree/ in/ && cp -a ../tree/0.txt copy.txt")).Ended();
        Assert.Equal((6, 6), ((int)library.Emulator.Stats.Count(EndpointKind.Upload), (int)library.Emulator.Stats.Total));

        // Out with the tags and in again: they ride in the upload.
        (await library.RunAsync("setfattr -n user.imagekit.tags -v sea copy.txt && cp -a copy.txt ../out.txt")).Ended();
        await library.SettleAsync();
        ShellResult back = (await library.RunAsync("cp -a ../out.txt back.txt")).Ended();
        Assert.Equal("", back.Error);
        Assert.Equal((1, 1), ((int)library.Emulator.Stats.Count(EndpointKind.Upload), (int)library.Emulator.Stats.Total));
        Assert.Equal(["sea"], library.Emulator.Store.VersionsOf("/back.txt").Single().Tags);
    }

    [SkippableFact]
    public async Task A_tag_on_a_file_that_waits_for_its_upload_survives_kill_minus_nine()
    {
        Skip.IfNot(MountedLibrary.IsPossible, "there is no /dev/fuse");
        await using MountedLibrary library = await MountedLibrary.StartAsync(options: ["--commit", "journal"]);
        library.Emulator.Faults.Replace("upload=status:503");
        (await library.RunAsync("echo bytes >a.txt; setfattr -n user.imagekit.tags -v sea,sun a.txt")).Ended();

        await library.KillServerAsync();
        library.Emulator.Faults.Clear();
        await library.MountAsync();
        Assert.Equal("sea,sun", (await library.RunAsync("getfattr --only-values -n user.imagekit.tags a.txt")).Ended().Text);
        await library.SettleAsync();

        Assert.Equal(["sea", "sun"], library.Emulator.Store.VersionsOf("/a.txt").Single().Tags);
    }

    [SkippableFact]
    public async Task Commands_take_paths_in_a_mount_of_a_folder_too()
    {
        Skip.IfNot(MountedLibrary.IsPossible, "there is no /dev/fuse");
        await using MountedLibrary library = await MountedLibrary.StartAsync(mount: false, options: ["--folder", "/sub"]);
        library.Emulator.Store.Put("/sub/my_x0020_photo.txt", "a"u8);
        await library.MountAsync();
        string path = Path.Combine(library.MountPoint, "my photo.txt");

        (await library.RunAsync("ls -l")).Ended();
        (await library.CommandAsync("tag", path, "+sea", "-sun")).Ended();
        Assert.Equal("sea", (await library.RunAsync("getfattr --only-values -n user.imagekit.tags 'my photo.txt'")).Ended().Text);
        JsonElement info = JsonDocument.Parse((await library.CommandAsync("info", path, "--json")).Ended().Output).RootElement;
        ShellResult url = (await library.RunAsync($"'{MountedLibrary.Executable}' url 'my photo.txt'")).Ended();
        ShellResult missing = await library.CommandAsync("info", Path.Combine(library.MountPoint, "none.txt"));

        Assert.Equal("/sub/my photo.txt", info.GetProperty("path").GetString());
        Assert.Equal("sea", info.GetProperty("tags")[0].GetString());
        Assert.Equal(library.Emulator.UrlEndpoint + "/sub/my_x0020_photo.txt", url.Text);
        missing.Ended(1);
        Assert.StartsWith("imagekitfs: ", missing.Error, StringComparison.Ordinal);
    }
}
