using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Tests.Mounting;

public sealed class MountHelperFormTests
{
    private static string[] Normalize(string program, params string[] arguments) => MountHelperForm.Normalize(program, arguments, CommandTree.Names);

    [Fact]
    public void What_mount_fuse3_passes_becomes_a_mount()
    {
        string[] result = Normalize("imagekitfs", "media", "/mnt/media", "-o", "ro,dir_ttl=5m,commit_deadline=30s,dev,suid");

        Assert.Equal(["mount", "/mnt/media", "--read-only", "--dir-ttl=5m", "--commit-deadline=30s"], result);
    }

    [Theory]
    [InlineData("/sbin/mount.imagekitfs")]
    [InlineData("mount.fuse.imagekitfs")]
    public void A_mount_helper_is_known_by_its_name(string program)
    {
        string[] result = Normalize(program, "media", "/mnt/media", "-n", "-o", "rw");

        Assert.Equal(["mount", "/mnt/media"], result);
    }

    [Fact]
    public void A_source_that_is_an_address_names_the_account()
    {
        string[] result = Normalize("/sbin/mount.imagekitfs", "https://ik.imagekit.io/demo", "/mnt", "-o", "key_file=/etc/k,_netdev");

        Assert.Equal(["mount", "/mnt", "--url-endpoint=https://ik.imagekit.io/demo", "--key-file=/etc/k"], result);
    }

    [Fact]
    public void The_umount_helper_unmounts_and_knows_lazy()
    {
        Assert.Equal(["umount", "/mnt"], Normalize("/sbin/umount.fuse.imagekitfs", "/mnt"));
        Assert.Equal(["umount", "/mnt", "--lazy"], Normalize("/sbin/umount.fuse.imagekitfs", "/mnt", "-l"));
        Assert.Equal(["umount", "/mnt", "--force"], Normalize("umount.imagekitfs", "/mnt", "-f", "-n"));
    }

    [Fact]
    public void Words_for_other_programs_vanish()
    {
        string[] result = Normalize(
            "imagekitfs", "mount", "/mnt", "-o", "rw,dev,suid,nodev,nosuid,exec,noexec,auto,noauto,user,users,_netdev,nofail,noatime,x-systemd.automount,x-gvfs-notrash,comment=a");

        Assert.Equal(["mount", "/mnt"], result);
    }

    [Fact]
    public void Words_with_values_become_options()
    {
        string[] result = Normalize("imagekitfs", "mount", "/mnt", "-o", "allow_other,uid=7,gid=8,umask=077,cache_dir=/c", "-ostrict,key_file=/k", "-o=ro");

        Assert.Equal(
            ["mount", "/mnt", "--allow-other", "--uid=7", "--gid=8", "--umask=077", "--cache-dir=/c", "--strict", "--key-file=/k", "--read-only"], result);
    }

    [Fact]
    public void An_escaped_comma_belongs_to_the_value()
    {
        string[] result = Normalize("imagekitfs", "mount", "/mnt", "-o", @"cache_dir=/a\,b,ro");

        Assert.Equal(["mount", "/mnt", "--cache-dir=/a,b", "--read-only"], result);
    }

    [Theory]
    [InlineData("bogus")]
    [InlineData("uid")]
    [InlineData("ro=1")]
    [InlineData("key=private_secret")]
    public void An_unknown_word_is_refused_and_its_value_not_shown(string word)
    {
        CliException error = Assert.Throws<CliException>(() => Normalize("imagekitfs", "mount", "/mnt", "-o", word));

        Assert.Equal(ExitCode.Usage, error.Code);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_helper_call_without_a_folder_is_refused() =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => Normalize("mount.imagekitfs", "media", "-o", "ro")).Code);

    [Fact]
    public void Other_commands_are_left_alone() => Assert.Equal(["status", "-o"], Normalize("imagekitfs", "status", "-o"));
}
