using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ImageKitFs.Platform.Linux.Tests.Support;

/// <summary>A file system in memory, really mounted on a folder of its own.</summary>
internal sealed class TestMount : IAsyncDisposable
{
    private readonly TestFolder _folder;

    private TestMount(TestFolder folder, MemoryFileSystem files, FuseMount mount)
    {
        _folder = folder;
        Files = files;
        Mount = mount;
    }

    internal MemoryFileSystem Files { get; }

    internal FuseMount Mount { get; }

    internal string Folder => _folder.Path;

    internal static async Task<TestMount> StartAsync(MemoryFileSystem? files = null, ILogger? log = null, bool readOnly = false)
    {
        Skip.IfNot(File.Exists("/dev/fuse"), "no /dev/fuse on this machine");
        TestFolder folder = new();
        files ??= new MemoryFileSystem();
        FuseMount mount = await FuseMount.MountAsync(
            files, new FuseMountOptions { MountPoint = folder.Path, Source = "memory, \\ test", ReadOnly = readOnly }, log ?? new ListLogger());
        return new TestMount(folder, files, mount);
    }

    /// <summary>A path below the mount.</summary>
    internal string At(string name) => Path.Combine(Folder, name);

    internal Task<string> RunAsync(string script) => Shell.RunAsync(script, Folder);

    internal Task<ShellResult> TryAsync(string script) => Shell.TryAsync(script, Folder);

    public async ValueTask DisposeAsync()
    {
        await Mount.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>An empty folder, removed at the end together with whatever is still mounted on it.</summary>
internal sealed class TestFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("fuse-test-").FullName;

    public void Dispose()
    {
        while (MountTable.Find(Path) is not null && FuseMounter.Unmount(Path, lazy: true).Ok)
            continue;
        Directory.Delete(Path, recursive: true);
    }
}

/// <summary>A process of its own that holds a mount.</summary>
internal sealed class HolderProcess : IDisposable
{
    private const int Kill9 = 9;

    private readonly Process _process;

    private HolderProcess(Process process, string firstLine)
    {
        _process = process;
        FirstLine = firstLine;
    }

    /// <summary>What it said first: ready, or why not.</summary>
    internal string FirstLine { get; }

    internal static Task<HolderProcess> StartAsync(string mountPoint) => StartAsync("dotnet", [HolderAssembly, mountPoint, "0", "holder"]);

    /// <summary>Starts it as the user nobody from a copy that this user can read.</summary>
    internal static Task<HolderProcess> StartAsNobodyAsync(string programFolder, string mountPoint, params string[] more) => StartAsync("setpriv",
    [
        "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all", "env", "HOME=/", "dotnet",
        Path.Combine(programFolder, Path.GetFileName(HolderAssembly)), mountPoint, "65534", "user,\\holder", .. more,
    ]);

    /// <summary>Copies what the program needs to a folder that every user can read.</summary>
    internal static void CopyProgram(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory).Where(static file => Path.GetExtension(file) is ".dll" or ".json"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        File.SetUnixFileMode(folder, (UnixFileMode)0x1ED);
    }

    /// <summary>kill -9, and waits until it is gone.</summary>
    internal async Task KillAsync()
    {
        Assert.Equal(0, TestLibc.Kill(_process.Id, Kill9));
        await _process.WaitForExitAsync();
    }

    internal async Task<string> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync() ?? string.Empty;

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string HolderAssembly => Path.Combine(AppContext.BaseDirectory, typeof(MountHolder).Assembly.GetName().Name + ".dll");

    private static async Task<HolderProcess> StartAsync(string program, string[] arguments)
    {
        Process process = Shell.Start(program, arguments);
        string? line = await process.StandardOutput.ReadLineAsync();
        return new HolderProcess(process, line ?? await process.StandardError.ReadToEndAsync());
    }
}
