using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

/// <summary>What a library cannot hold is refused early, with an errno that programs understand.</summary>
public sealed class RefusalTests(MountFixture mount) : IClassFixture<MountFixture>
{
    [SkippableFact]
    public async Task Links_and_device_nodes_are_not_permitted()
    {
        ShellResult result = await mount.Library.RunAsync(PreludeOf("links") + """
            echo x >f
            refuses "Operation not permitted" ln -s f link
            refuses "Operation not permitted" ln f hard
            refuses "Operation not permitted" mkfifo pipe
            [ "$(id -u)" != 0 ] || refuses "Operation not permitted" mknod node c 1 3
            is "$(ls)" f
            """);

        result.Ended();
    }

    [SkippableFact]
    public async Task Rsync_of_a_tree_with_links_sends_the_rest_and_ends_with_23()
    {
        ShellResult result = await mount.Library.RunAsync(PreludeOf("rsync-links") + """
            make_tree "$OUTSIDE/tree"; ln -s nowhere "$OUTSIDE/tree/link"
            status=0; rsync -a "$OUTSIDE/tree/" there/ 2>"$OUTSIDE/said" || status=$?
            is $status 23
            grep -q 'symlink.*Operation not permitted' "$OUTSIDE/said"
            rm "$OUTSIDE/tree/link"; diff -r "$OUTSIDE/tree" there
            is "$(rsync -aiO "$OUTSIDE/tree/" there/)" ""
            """);

        result.Ended();
    }

    [SkippableFact]
    public async Task Foreign_attributes_and_access_lists_are_not_supported_and_cp_a_goes_on()
    {
        ShellResult result = await mount.Library.RunAsync(PreludeOf("xattr") + """
            echo x >f
            refuses "Operation not supported" setfattr -n user.foo -v bar f
            refuses "Operation not supported" setfattr -n trusted.foo -v bar f
            refuses "Operation not supported" setfacl -m u:nobody:r f
            echo y >"$OUTSIDE/g"; setfattr -n user.foo -v bar "$OUTSIDE/g" || true
            cp -a "$OUTSIDE/g" g
            is "$(cat g)" y
            is "$(getfattr --only-values -n user.imagekit.state g)" clean
            refuses "No such attribute" getfattr -n user.foo g
            """);

        result.Ended();
    }

    [SkippableFact]
    public async Task Trash_folders_are_refused_so_that_file_managers_delete()
    {
        ShellResult result = await mount.Library.RunAsync(PreludeOf("trash") + """
            refuses "Operation not permitted" mkdir .Trash-1000
            refuses "Operation not permitted" mkdir '$RECYCLE.BIN'
            """);

        result.Ended();
    }

    private string PreludeOf(string folder) =>
        $"OUTSIDE={Directory.CreateDirectory(mount.Library.PathOf(folder)).FullName}\n{Posix.PosixScripts.Prelude}mkdir {folder}; cd {folder}\n";
}
