using System.Diagnostics;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Tests.Kernel;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Install;

/// <summary>The Debian package, installed with dpkg, used, upgraded under a running mount and removed. The machine is as before afterwards.</summary>
/// <remarks>`install/test` makes the package and names it in IMAGEKITFS_PACKAGE; elsewhere `install/package deb` makes it.</remarks>
[Trait("Run", "Alone")]
public sealed class InstalledTests
{
    private const string Program = "/usr/bin/imagekitfs";

    [SkippableFact]
    public async Task The_package_has_no_error_that_lintian_knows()
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunProgramAsync("lintian", "--allow-root", "--fail-on", "error", PackageFile());

        result.AssertOk();
    }

    [SkippableFact]
    public async Task It_installs_mounts_from_fstab_is_upgraded_under_a_mount_and_leaves_nothing()
    {
        KernelDevice.Require();
        string package = PackageFile();
        await using Sandbox sandbox = new();
        await RequireNothingInstalledAsync(sandbox);
        string mnt = sandbox.Folder("mnt");
        string fstab = sandbox.Path("fstab");
        File.WriteAllText(fstab, $"media {mnt} imagekitfs emulator={sandbox.Path("library")},commit=journal,noauto,user,nofail,_netdev,x-systemd.automount 0 0\n");
        try
        {
            (await sandbox.RunProgramAsync("dpkg", "-i", package)).AssertOk();
            (await sandbox.RunProgramAsync(Program, "--version")).AssertOk();
            (await sandbox.RunProgramAsync("mount", "--fstab", fstab, mnt)).AssertOk();
            File.WriteAllText(Path.Combine(mnt, "before.txt"), "before");

            // Another program in the same place, as the next version will be: what runs must not read from it.
            (await sandbox.RunProgramAsync("dpkg", "-i", await OtherVersionAsync(sandbox, package))).AssertOk();
            Directory.CreateDirectory(Path.Combine(mnt, "folder"));
            File.WriteAllText(Path.Combine(mnt, "folder/after.txt"), "after");
            File.Move(Path.Combine(mnt, "before.txt"), Path.Combine(mnt, "folder/before.txt"));
            string read = File.ReadAllText(Path.Combine(mnt, "folder/before.txt"));
            (await sandbox.RunProgramAsync("dpkg", "-i", package)).AssertOk();
            CliResult umount = await sandbox.RunProgramAsync("umount", mnt);
            bool isGone = !LiveMounts.List().Contains(mnt) && sandbox.ProcessesOfThisSandbox().Count == 0;
            (await sandbox.RunProgramAsync("mount", "--fstab", fstab, mnt)).AssertOk();
            string[] names = [.. Directory.GetFiles(Path.Combine(mnt, "folder")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
            (await sandbox.RunProgramAsync(Program, "umount", mnt)).AssertOk();

            Assert.Equal("before", read);
            umount.AssertOk();
            Assert.True(isGone, "umount did not wait for the end of the mount");
            Assert.Equal(["after.txt", "before.txt"], names);
            (await sandbox.RunProgramAsync("man", "-w", "imagekitfs", "mount.imagekitfs")).AssertOk();
        }
        finally
        {
            (await sandbox.RunProgramAsync("dpkg", "--purge", "imagekitfs")).AssertOk();
        }

        foreach (string left in (string[])[Program, "/usr/lib/imagekitfs", "/usr/sbin/mount.imagekitfs", "/usr/share/doc/imagekitfs", "/lib/systemd/system/imagekitfs@.service"])
            Assert.False(Path.Exists(left), $"{left} is still there");
    }

    [SkippableFact]
    public async Task Mount_8_uses_the_helper_with_a_profile_and_umount_8_waits_or_takes_away_a_stale_one()
    {
        KernelDevice.Require();
        await using Sandbox sandbox = new();
        await RequireNothingInstalledAsync(sandbox);
        await sandbox.StartEmulatorAsync("--root", sandbox.Folder("library"), "--latency", "200");
        string[] names = ["IMAGEKIT_PRIVATE_KEY", "IMAGEKIT_URL_ENDPOINT", "IMAGEKIT_API_ENDPOINT", "IMAGEKIT_UPLOAD_ENDPOINT"];
        Process login = sandbox.Start(Sandbox.Executable, "login", "--profile", "shelf");
        await login.StandardInput.WriteLineAsync(sandbox.Environment["IMAGEKIT_PRIVATE_KEY"]);
        login.StandardInput.Close();
        Assert.Equal(0, await Sandbox.EndAsync(login));
        foreach (string name in names)
            sandbox.Environment[name] = null;
        string mnt = sandbox.Folder("mnt");
        string fstab = sandbox.Path("fstab");
        File.WriteAllText(fstab, $"media {mnt} imagekitfs profile=shelf,commit=journal,_netdev,nofail 0 0\n");
        string[] helpers = ["/usr/sbin/mount.imagekitfs", "/usr/sbin/umount.fuse.imagekitfs"];
        try
        {
            foreach (string helper in helpers)
                File.CreateSymbolicLink(helper, Sandbox.Executable);

            (await sandbox.RunProgramAsync("mount", "--fstab", fstab, mnt)).AssertOk();
            for (int i = 0; i < 20; i++)
                File.WriteAllText(Path.Combine(mnt, $"{i}.txt"), "precious");
            CliResult umount = await sandbox.RunProgramAsync("umount", mnt);
            (await sandbox.RunProgramAsync("mount", "--fstab", fstab, mnt)).AssertOk();
            Kill((await MountTests.StatusOfAsync(sandbox, mnt)).GetProperty("processId").GetInt32());
            CliResult stale = await sandbox.RunProgramAsync("umount", mnt);

            umount.AssertOk();
            stale.AssertOk();
            Assert.DoesNotContain(mnt, LiveMounts.List());
            Assert.DoesNotContain(sandbox.ProcessesOfThisSandbox(), id => Sandbox.ArgumentsOf(id).Contains(" mount ", StringComparison.Ordinal));
            Assert.Equal(20, (await sandbox.RunAsync("ls", "/", "--profile", "shelf")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        }
        finally
        {
            foreach (string helper in helpers)
                File.Delete(helper);
        }
    }

    [Fact]
    public async Task The_script_for_machines_without_dpkg_installs_and_takes_back_everything()
    {
        await using Sandbox sandbox = new();
        string unpacked = sandbox.Folder("unpacked");
        string prefix = sandbox.Path("prefix");
        string script = Repository.PathOf("install/install.sh");
        // The program of the build in place of the published one: what is tested is where things go.
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory))
            File.CreateSymbolicLink(Path.Combine(unpacked, Path.GetFileName(file)), file);
        File.WriteAllText(Path.Combine(unpacked, "libe_sqlite3.so"), "");
        Directory.CreateDirectory(Path.Combine(unpacked, "man/man1"));
        File.WriteAllText(Path.Combine(unpacked, "man/man1/imagekitfs.1.gz"), "");
        foreach (string folder in (string[])["completions", "systemd"])
            Directory.CreateSymbolicLink(Path.Combine(unpacked, folder), Repository.PathOf($"install/{folder}"));

        CliResult installed = await sandbox.RunProgramAsync("sh", script, "--from", unpacked, "--prefix", prefix);
        CliResult again = await sandbox.RunProgramAsync("sh", script, "--from", unpacked, "--prefix", prefix);
        string unit = File.ReadAllText(Directory.GetFiles(prefix, "imagekitfs@.service", SearchOption.AllDirectories)[0]);
        bool isThere = File.Exists(Path.Combine(prefix, "bin/imagekitfs"));
        CliResult removed = await sandbox.RunProgramAsync("sh", script, "--prefix", prefix, "--remove");

        installed.AssertOk();
        again.AssertOk();
        Assert.True(isThere);
        Assert.Contains($"ExecStart={prefix}/bin/imagekitfs mount", unit, StringComparison.Ordinal);
        removed.AssertOk();
        Assert.Empty(Directory.GetFiles(prefix, "*", SearchOption.AllDirectories));
    }

    private static void Kill(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
        process.WaitForExit();
    }

    // The same with a program of zeros: whatever is read from it ends what runs.
    private static async Task<string> OtherVersionAsync(Sandbox sandbox, string package)
    {
        string tree = sandbox.Path("other");
        (await sandbox.RunProgramAsync("dpkg-deb", "-R", package, tree)).AssertOk();
        string program = Path.Combine(tree, "usr/lib/imagekitfs/imagekitfs");
        File.WriteAllBytes(program, new byte[new FileInfo(program).Length]);
        string control = Path.Combine(tree, "DEBIAN/control");
        File.WriteAllText(control, File.ReadAllText(control).Replace("\nVersion: ", "\nVersion: 1:", StringComparison.Ordinal));
        string other = sandbox.Path("other.deb");
        (await sandbox.RunProgramAsync("dpkg-deb", "-Znone", "--root-owner-group", "--build", tree, other)).AssertOk();
        return other;
    }

    private static async Task RequireNothingInstalledAsync(Sandbox sandbox)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "only root can install a package");
        CliResult state = await sandbox.RunProgramAsync("dpkg-query", "-W", "-f", "${Status}", "imagekitfs");
        Assert.False(state.Output.EndsWith("installed", StringComparison.Ordinal) && !state.Output.Contains("not-installed", StringComparison.Ordinal), "imagekitfs is installed on this machine; remove it before this test: dpkg --remove imagekitfs");
        foreach (string path in (string[])["/usr/sbin/mount.imagekitfs", "/usr/sbin/umount.fuse.imagekitfs", Program])
            Assert.False(new FileInfo(path).Exists || new FileInfo(path).LinkTarget is not null, $"{path} belongs to somebody else; remove it before this test");
    }

    private static string PackageFile()
    {
        string? named = Environment.GetEnvironmentVariable("IMAGEKITFS_PACKAGE");
        string folder = Repository.PathOf("artifacts/packages");
        string? file = named ?? (Directory.Exists(folder) ? Directory.GetFiles(folder, "imagekitfs_*_amd64.deb").FirstOrDefault() : null);
        Skip.If(file is null, "there is no package; install/package deb makes one");
        return file!;
    }
}
