using System.Diagnostics;
using System.Text.Json;
using ImageKitFs.Emulator;

namespace ImageKitFs.Tests.Support.Mounting;

/// <summary>
/// The built executable, out of process, mounting an emulator's library on a folder of the real kernel. Has a home, cache and state of its own.
/// After disposal nothing is mounted, no process of it runs, and its folders are gone, whatever the test did.
/// </summary>
public sealed class MountedLibrary : IAsyncDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private readonly bool _ownsEmulator;
    private readonly Dictionary<string, string> _environment;
    private readonly string[] _options;

    private MountedLibrary(EmulatorServer emulator, bool ownsEmulator, string key, string[] options)
    {
        Emulator = emulator;
        _ownsEmulator = ownsEmulator;
        _options = options;
        Root = Directory.CreateTempSubdirectory("imagekitfs-conf-").FullName;
        MountPoint = Directory.CreateDirectory(PathOf("mnt")).FullName;
        Directory.CreateDirectory(PathOf("home"));
        string origin = emulator.BaseAddress.GetLeftPart(UriPartial.Authority);
        _environment = new(StringComparer.Ordinal)
        {
            ["HOME"] = PathOf("home"),
            ["XDG_STATE_HOME"] = PathOf("state"),
            ["XDG_CACHE_HOME"] = PathOf("cache"),
            ["IMAGEKIT_PRIVATE_KEY"] = key,
            ["IMAGEKIT_URL_ENDPOINT"] = emulator.UrlEndpoint,
            ["IMAGEKIT_API_ENDPOINT"] = origin,
            ["IMAGEKIT_UPLOAD_ENDPOINT"] = origin,
        };
        Shell = new Shell(_environment);
    }

    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, "imagekitfs");

    /// <summary>True where a mount is possible at all; then what does not work is a failure.</summary>
    public static bool IsPossible => File.Exists("/dev/fuse");

    public EmulatorServer Emulator { get; }

    /// <summary>Holds everything that belongs to this mount; never below the mount point.</summary>
    public string Root { get; }

    public string MountPoint { get; }

    /// <summary>Runs programs with this account in the environment.</summary>
    public Shell Shell { get; }

    /// <summary>What a mount in the background says to nobody else.</summary>
    public string Log => string.Concat(
        Directory.Exists(PathOf("state")) ? Directory.EnumerateFiles(PathOf("state"), "*.log", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllText) : []);

    /// <param name="emulator">Null: an empty library in memory whose folder jobs are quick.</param>
    /// <param name="share">An emulator that somebody else owns.</param>
    /// <param name="options">Options of every mount.</param>
    public static async Task<MountedLibrary> StartAsync(
        EmulatorOptions? emulator = null, EmulatorServer? share = null, bool mount = true, params string[] options)
    {
        EmulatorServer server = share ?? await EmulatorServer.StartAsync(emulator ?? new EmulatorOptions { JobDuration = TimeSpan.FromMilliseconds(20) });
        MountedLibrary library = new(server, share is null, server.PrivateKey, options);
        try
        {
            if (mount)
                await library.MountAsync();
            return library;
        }
        catch
        {
            await library.DisposeAsync();
            throw;
        }
    }

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Runs a bash script in a folder of the mount (default: its root).</summary>
    public Task<ShellResult> RunAsync(string script, string? folder = null) =>
        Shell.RunAsync(folder is null ? MountPoint : Path.Combine(MountPoint, folder), script);

    /// <summary>Runs the executable outside the mount.</summary>
    public Task<ShellResult> CommandAsync(params string[] arguments) => Shell.RunProgramAsync(Root, Executable, arguments);

    public async Task MountAsync(params string[] options) => (await CommandAsync(["mount", MountPoint, .. _options, .. options])).Ended();

    public async Task UnmountAsync() => (await CommandAsync("umount", MountPoint)).Ended();

    public async Task RemountAsync(params string[] options)
    {
        await UnmountAsync();
        await MountAsync(options);
    }

    /// <summary>Waits until the library has everything, then counts requests from nothing.</summary>
    public async Task SettleAsync()
    {
        (await CommandAsync("sync", MountPoint)).Ended();
        Emulator.ResetStats();
    }

    public async Task<JsonElement> StatusAsync()
    {
        ShellResult status = await CommandAsync("status", MountPoint, "--json");
        return JsonDocument.Parse(status.Ended().Output).RootElement[0].GetProperty("status");
    }

    /// <summary>The process that serves the mount.</summary>
    public int ServerProcess() => Processes().First(id => ArgumentsOf(id).Contains("--launched", StringComparison.Ordinal));

    /// <summary>kill -9 of the serving process; returns when it is gone. The kernel's mount stays behind.</summary>
    public async Task KillServerAsync()
    {
        int id = ServerProcess();
        using Process server = Process.GetProcessById(id);
        server.Kill();
        await GoneAsync(id);
    }

    /// <summary>Returns when the process has ended and closed everything; it may still wait for its parent to ask.</summary>
    public static async Task GoneAsync(int processId)
    {
        using CancellationTokenSource hang = new(Hang);
        while (StateOf(processId) is not ('Z' or 'X'))
            await Task.Delay(Poll, hang.Token);
    }

    // The letter behind the name in parentheses, which may hold anything (proc(5)).
    private static char StateOf(int processId)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return 'X';
        }
    }

    /// <summary>What `ps` shows of a process; empty when there is none.</summary>
    public static string ArgumentsOf(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline").Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "";
        }
    }

    public bool IsMounted() => File.ReadLines("/proc/self/mountinfo").Any(line => line.Contains($" {MountPoint} ", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        while (IsMounted())
            (await Shell.RunProgramAsync("/", "umount", "-l", MountPoint)).Ended();
        foreach (int id in Processes())
        {
            try
            {
                using Process process = Process.GetProcessById(id);
                process.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                // Ended by itself.
            }

            await GoneAsync(id);
        }

        if (_ownsEmulator)
            await Emulator.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Our executables that serve or work on this mount: their arguments name its folder, which is like no other.</summary>
    private List<int> Processes() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out int id) ? id : 0)
            .Where(id => id > 0 && ArgumentsOf(id) is { } arguments && arguments.StartsWith(Executable, StringComparison.Ordinal) && arguments.Contains(Root, StringComparison.Ordinal)),
    ];
}
