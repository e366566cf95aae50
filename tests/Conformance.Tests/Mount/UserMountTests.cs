using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

public sealed class UserMountTests
{
    [SkippableFact]
    public async Task An_ordinary_user_mounts_through_fusermount3_and_nobody_else_gets_in()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(mount: false);
        // Some containers give /dev/fuse to root alone; the usual mode is 0666. A clone under /root is closed to others: the program is copied.
        ShellResult result = await library.Shell.RunAsync(library.Root, $$"""
            [ "$(id -u)" = 0 ] || { echo "needs root to become another user"; exit 1; }
            mode=$(stat -c %a /dev/fuse); trap 'chmod $mode /dev/fuse' EXIT; chmod 666 /dev/fuse
            mkdir bin; cp -r '{{AppContext.BaseDirectory}}/.' bin/
            chmod 711 .; chown -R nobody mnt home
            nobody() { HOME=$PWD/home XDG_STATE_HOME=$PWD/home/state XDG_CACHE_HOME=$PWD/home/cache setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
            nobody bin/imagekitfs mount "$PWD/mnt"
            trap 'nobody fusermount3 -u -z -q "$PWD/mnt" || true; chmod $mode /dev/fuse' EXIT
            nobody bash -c 'echo hello >mnt/f; cat mnt/f; mkdir mnt/d; mv mnt/f mnt/d/; ls mnt/d; stat -c %u mnt/d/f'
            ls mnt 2>&1 && exit 1
            nobody bin/imagekitfs status "$PWD/mnt" >/dev/null
            nobody bin/imagekitfs umount "$PWD/mnt"
            grep -c " $PWD/mnt " /proc/self/mountinfo && exit 1
            exit 0
            """);

        string[] said = result.Ended().Output.Split('\n');
        Assert.Contains("hello", said);
        Assert.Contains("65534", said);
        Assert.Equal("hello\n"u8.ToArray(), library.Emulator.Store.Read("/d/f"));
    }
}
