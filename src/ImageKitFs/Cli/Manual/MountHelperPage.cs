using System.CommandLine;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Manual;

/// <summary>mount.imagekitfs(8): the words of fstab, each with the sentence of the option that it stands for.</summary>
internal static class MountHelperPage
{
    public static string Write(RootCommand root)
    {
        Command mount = root.Subcommands.Single(command => command.Name == "mount");
        Roff page = new Roff().Title("MOUNT.IMAGEKITFS", 8, $"imagekitfs {CommandTree.Version}", "System Administration")
            .Section("NAME").Body(@"mount.imagekitfs, umount.imagekitfs \- mount an ImageKit.io media library from fstab")
            .Section("SYNOPSIS")
            .Body($"{Roff.Bold("mount -t imagekitfs")} {Roff.Italic("SOURCE")} {Roff.Italic("MOUNTPOINT")} [{Roff.Bold("-o")} {Roff.Italic("word")}[,{Roff.Italic("word")}]...]")
            .Section("DESCRIPTION")
            .Body(Roff.Escape("Called by mount(8) and umount(8) for the type imagekitfs. SOURCE is the URL endpoint of the account; any other word is only a label, and the account is that of profile=."))
            .Body(Roff.Escape("Unmounting waits until everything written is in the library, as imagekitfs umount does."))
            .Section("WORDS");
        foreach ((string word, string option) in MountWords.Flags)
            page.Item(Roff.Bold(word), Sentence(mount, option));
        foreach ((string word, string option) in MountWords.Values)
            page.Item($"{Roff.Bold(word)}={Roff.Italic(Find(mount, option).HelpName ?? "VALUE")}", Sentence(mount, option));
        page.Paragraph(Roff.Escape(@"Words for mount(8), systemd and desktops (_netdev, nofail, noauto, user, users, x-systemd.automount, x-...) are accepted and mean there what they mean for every file system. A comma in a value is written \,."))
            .Section("EXAMPLES")
            .Body("In /etc/fstab:")
            .Example(
                "https://ik.imagekit.io/your_id  /mnt/media  imagekitfs  key_file=/etc/imagekit.key,uid=1000,allow_other,_netdev,nofail  0  0",
                "media  /mnt/media  imagekitfs  profile=default,allow_other,noauto,x-systemd.automount,_netdev  0  0",
                "media  /home/ann/media  imagekitfs  profile=default,noauto,user  0  0")
            .Paragraph(Roff.Escape("With user, the person who mounts needs the program fusermount3 and an own profile or key file."))
            .Section("SEE ALSO").Body($"{Roff.Bold("imagekitfs")}(1), {Roff.Bold("fstab")}(5), {Roff.Bold("mount")}(8), {Roff.Bold("systemd.mount")}(5)");
        return page.ToString();
    }

    private static string Sentence(Command mount, string option) => Roff.Escape(Find(mount, option).Description ?? "");

    private static Option Find(Command mount, string name) => mount.Options.Single(option => option.Name == name);
}
