using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

public sealed class SecrecyTests
{
    private const string Key = "private_Zq7DistinctiveKeyOfThisTest";

    [SkippableFact]
    public async Task The_key_is_in_no_argument_no_log_no_message_and_no_file()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(new EmulatorOptions { PrivateKey = Key }, options: ["--log-level", "trace"]);
        library.Emulator.Faults.Replace("upload~refused=status:401;list~hidden=status:403;upload~soon*2=status:500;delivery*1=status:500");
        ShellResult used = await library.RunAsync("echo x >f; cat f; echo x >refused; ls hidden; echo x >soon; mkdir d; mv f d/; rm d/f; cat .imagekit/status.json");
        ShellResult arguments = await library.Shell.RunProgramAsync("/", "ps", "-eo", "args");
        ShellResult status = await library.CommandAsync("status", "--json");
        library.Emulator.Configure(options => options with { PrivateKey = "private_another" });
        ShellResult refused = await library.RunAsync("sleep 0; echo y >g; ls");
        ShellResult umount = await library.CommandAsync("umount", library.MountPoint);
        ShellResult mount = await library.CommandAsync("mount", library.MountPoint);
        ShellResult files = await library.Shell.RunAsync(library.Root, $"grep -rlaF {Key} state cache home; grep -rlaF \"$(printf %s {Key}: | base64)\" state cache home");

        mount.Ended(3);
        foreach (string said in (string[])[used.Output, used.Error, arguments.Output, status.Output, refused.Output, refused.Error, umount.Output, umount.Error, mount.Output, mount.Error, library.Log])
        {
            Assert.DoesNotContain(Key, said, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Key + ":")), said, StringComparison.Ordinal);
        }

        Assert.NotEqual("", library.Log);
        Assert.Equal("", files.Output);
    }
}
