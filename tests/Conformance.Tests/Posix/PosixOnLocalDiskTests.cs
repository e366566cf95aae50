using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Posix;

/// <summary>The control: what is expected of the mount must be true of a local disk.</summary>
public sealed class PosixOnLocalDiskTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("imagekitfs-control-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [MemberData(nameof(PosixScripts.Names), MemberType = typeof(PosixScripts))]
    public async Task A_local_disk_behaves(string script)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, "work")).FullName;
        string outside = Directory.CreateDirectory(Path.Combine(_root, "outside")).FullName;
        Shell shell = new(new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = outside, ["OUTSIDE"] = outside });

        ShellResult result = await shell.RunAsync(folder, PosixScripts.TextOf(script));

        result.Ended();
    }
}
