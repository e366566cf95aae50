using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Posix;

/// <summary>The scripts on one kernel mount, each in a folder of its own.</summary>
public sealed class PosixOnMountTests(MountFixture mount) : IClassFixture<MountFixture>
{
    [SkippableTheory]
    [MemberData(nameof(PosixScripts.Names), MemberType = typeof(PosixScripts))]
    public async Task A_mount_behaves(string script)
    {
        string folder = Directory.CreateDirectory(Path.Combine(mount.Library.MountPoint, script)).FullName;
        string outside = Directory.CreateDirectory(mount.Library.PathOf(script)).FullName;

        ShellResult result = await mount.Library.Shell.RunAsync(folder, $"OUTSIDE={outside}\n{PosixScripts.TextOf(script)}");

        result.Ended();
    }
}
