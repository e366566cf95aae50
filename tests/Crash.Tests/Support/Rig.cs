using System.Diagnostics;
using System.Text;
using ImageKitFs.Emulator;

namespace ImageKitFs.Crash.Tests.Support;

/// <summary>
/// A library that survives (the emulator, here) and the mounting program, which does not: a process of its own over one cache folder, killed and started
/// again. Nothing of it is left after disposal, whatever failed.
/// </summary>
internal sealed class Rig : IAsyncDisposable
{
    // A hang is a failure, not a slow test; nothing here takes a tenth of it.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    private const int LogTail = 60;

    private readonly StringBuilder _output = new();
    private TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _server;

    private Rig(EmulatorServer emulator)
    {
        Emulator = emulator;
        Root = Directory.CreateTempSubdirectory("imagekitfs-crash-").FullName;
        Directory.CreateDirectory(MountPoint);
        Directory.CreateDirectory(Scratch);
    }

    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, "imagekitfs");

    public EmulatorServer Emulator { get; }

    public string Root { get; }

    public string MountPoint => Path.Combine(Root, "mnt");

    /// <summary>A plain folder for the workload's own sources.</summary>
    public string Scratch => Path.Combine(Root, "scratch");

    /// <summary>How long a listing is trusted (--dir-ttl); null leaves it to the program.</summary>
    public string? ListingTtl { get; init; }

    /// <summary>Ends when the last mount has said that it goes on with what an earlier run left.</summary>
    public Task Resumed => _resumed.Task;

    /// <summary>Skips only where there is no device; where there is one, what does not work is a failure.</summary>
    public static void RequireKernel() => Skip.IfNot(File.Exists("/dev/fuse"), "there is no /dev/fuse");

    public static async Task<Rig> StartAsync(EmulatorOptions options, string? listingTtl = null) => new(await EmulatorServer.StartAsync(options)) { ListingTtl = listingTtl };

    /// <summary>A file that the library has before anything is mounted; its content.</summary>
    public byte[] Put(string path)
    {
        byte[] content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"before {path} ", 1000)));
        Emulator.Store.Put("/" + path, content);
        return content;
    }

    /// <summary>Starts the program and waits until the mount answers.</summary>
    /// <param name="commit">close or journal.</param>
    /// <param name="killAt">A step at which the process ends itself, or null.</param>
    public async Task MountAsync(string commit, string? killAt = null)
    {
        Process server = Launch(commit, killAt);
        while (await server.StandardOutput.ReadLineAsync().WaitAsync(Hang) is { } line)
        {
            Note(line);
            if (line.StartsWith("Mounted ", StringComparison.Ordinal))
                return;
        }

        throw new InvalidOperationException("the program ended without mounting");
    }

    /// <summary>Starts the program and does not wait for the mount.</summary>
    public Process Launch(string commit, string? killAt = null)
    {
        if (_server is not null)
            throw new InvalidOperationException("mounted already");
        TaskCompletionSource resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _resumed = resumed;
        Note($"--- mount --commit {commit} {killAt}");
        string[] arguments = ["mount", MountPoint, "--foreground", "--commit", commit, "--cache-dir", Path.Combine(Root, "local"), "--rename-wait", "2s"];
        ProcessStartInfo start = Described(Executable, ListingTtl is null ? arguments : [.. arguments, "--dir-ttl", ListingTtl]);
        if (killAt is not null)
            start.Environment["IMAGEKITFS_KILL_AT"] = killAt;
        Process server = Process.Start(start)!;
        _server = server;
        server.StandardInput.Close();
        server.ErrorDataReceived += (_, line) =>
        {
            Note(line.Data);
            if (line.Data?.StartsWith("imagekitfs: resumed ", StringComparison.Ordinal) == true)
                resumed.TrySetResult();
        };
        server.BeginErrorReadLine();
        return server;
    }

    /// <summary>SIGKILL; takes the dead mount away once its last user is gone, who could write into the bare folder otherwise.</summary>
    public async Task KillAsync(Task users)
    {
        _server!.Kill();
        await EndedAsync(users);
    }

    /// <summary>Waits until the program has ended by itself and takes the dead mount away; its exit status.</summary>
    public async Task<int> EndedAsync(Task users)
    {
        Process server = _server!;
        await server.WaitForExitAsync().WaitAsync(Hang);
        await users.WaitAsync(Hang);
        int status = server.ExitCode;
        server.Dispose();
        _server = null;
        await DetachAsync();
        return status;
    }

    /// <summary>`imagekitfs sync`: everything is in the library when it returns.</summary>
    public async Task SyncAsync()
    {
        (int status, string output) = await RunAsync(Executable, "sync", MountPoint);
        Assert.True(status == 0, $"sync exits {status}: {output}");
    }

    /// <summary>An orderly end.</summary>
    public async Task UnmountAsync()
    {
        (int status, string output) = await RunAsync(Executable, "umount", MountPoint);
        Assert.True(status == 0, $"umount exits {status}: {output}");
        Assert.Equal(0, await EndedAsync(Task.CompletedTask));
    }

    public async Task<(int Status, string Output)> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(Described(program, arguments))!;
        try
        {
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Hang);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>The last lines of what the program said, over all its lives.</summary>
    public string Tail()
    {
        lock (_output)
            return string.Join('\n', _output.ToString().Split('\n').TakeLast(LogTail));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            server.Kill();
            await server.WaitForExitAsync();
            server.Dispose();
        }

        await DetachAsync();
        await Emulator.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    private async Task DetachAsync()
    {
        // Lazily: a program of the workload may still stand in it for a moment.
        while (File.ReadLines("/proc/self/mountinfo").Any(line => line.Contains($" {MountPoint} ", StringComparison.Ordinal)))
            await RunAsync("fusermount3", "-u", "-z", MountPoint);
    }

    private ProcessStartInfo Described(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        string origin = Emulator.BaseAddress.GetLeftPart(UriPartial.Authority);
        start.Environment["HOME"] = Root;
        start.Environment["XDG_STATE_HOME"] = Path.Combine(Root, "xdg-state");
        start.Environment["XDG_CACHE_HOME"] = Path.Combine(Root, "xdg-cache");
        start.Environment["IMAGEKIT_PRIVATE_KEY"] = Emulator.PrivateKey;
        start.Environment["IMAGEKIT_API_ENDPOINT"] = origin;
        start.Environment["IMAGEKIT_UPLOAD_ENDPOINT"] = origin;
        start.Environment["IMAGEKIT_URL_ENDPOINT"] = Emulator.UrlEndpoint;
        foreach (string name in (ReadOnlySpan<string>)["IMAGEKITFS_CACHE_DIR", "IMAGEKITFS_KILL_AT", "NOTIFY_SOCKET"])
            start.Environment.Remove(name);
        return start;
    }

    private void Note(string? line)
    {
        lock (_output)
            _output.Append(line).Append('\n');
    }
}
