using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Benchmarks;

/// <summary>One emulator and one mount of it, each a process of its own, as a user runs them. After disposal neither is there, nor are their folders.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly Scenario _scenario;
    private readonly Process _emulator;
    private readonly HttpClient _http;
    private readonly Shell _shell;
    private readonly string _root;
    private readonly string _mountPoint;
    private Process? _mount;

    private Bench(Scenario scenario, Process emulator, string root, string origin)
    {
        _scenario = scenario;
        _emulator = emulator;
        _root = root;
        _http = new HttpClient { BaseAddress = new Uri(origin) };
        _mountPoint = Directory.CreateDirectory(Path.Combine(root, "mnt")).FullName;
        _shell = new Shell(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOME"] = root,
            ["XDG_STATE_HOME"] = Path.Combine(root, "state"),
            ["XDG_CACHE_HOME"] = Path.Combine(root, "cache"),
            ["IMAGEKIT_PRIVATE_KEY"] = "private_bench",
            ["IMAGEKIT_URL_ENDPOINT"] = origin + "/demo",
            ["IMAGEKIT_API_ENDPOINT"] = origin,
            ["IMAGEKIT_UPLOAD_ENDPOINT"] = origin,
        });
    }

    public static async Task<Bench> StartAsync(Scenario scenario, int latency)
    {
        string root = Directory.CreateTempSubdirectory("imagekitfs-bench-").FullName;
        string[] arguments = ["emulator", "--key", "private_bench", "--latency", latency.ToString(CultureInfo.InvariantCulture), .. scenario.EmulatorOptions];
        if (scenario.Library is { } library)
            arguments = [.. arguments, "--synthetic", library];
        Process emulator = new Shell(new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = root })
            .Start(root, MountedLibrary.Executable, arguments);
        string origin = "";
        while (await emulator.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("Emulator at ", StringComparison.Ordinal))
                origin = line["Emulator at ".Length..];
            if (line.StartsWith("IMAGEKIT_PRIVATE_KEY", StringComparison.Ordinal) || line.StartsWith('#'))
                break;
        }

        return new Bench(scenario, emulator, root, origin);
    }

    public async Task MountAsync()
    {
        _mount = _shell.Start(_root, MountedLibrary.Executable, ["mount", _mountPoint, "--foreground", .. _scenario.MountOptions]);
        _ = _mount.StandardOutput.ReadToEndAsync();
        Task<string> error = _mount.StandardError.ReadToEndAsync();
        while (!IsMounted())
        {
            if (_mount.HasExited)
                throw new InvalidOperationException($"the mount ended: {await error}");
            await Task.Delay(5);
        }
    }

    public async Task UnmountAsync()
    {
        (await _shell.RunProgramAsync(_root, MountedLibrary.Executable, "umount", _mountPoint)).Ended();
        await _mount!.WaitForExitAsync();
        _mount.Dispose();
        _mount = null;
    }

    /// <summary>Holds everything of this run; never below the mount.</summary>
    public string Root => _root;

    /// <summary>Where the library's files are, for programs that do without the mount.</summary>
    public string DeliveryUrl => $"{_http.BaseAddress!.GetLeftPart(UriPartial.Authority)}/demo";

    /// <summary>Runs a script in the mount, or in another folder, and prints what it took.</summary>
    public Task MeasureAsync(string step, string script, string? folder = null) =>
        MeasureAsync(step, async () => (await _shell.RunAsync(folder ?? _mountPoint, script)).Ended());

    /// <summary>Runs a script in the mount, or in another folder; nobody wants to know what it took.</summary>
    public async Task<string> RunAsync(string script, string? folder = null) => (await _shell.RunAsync(folder ?? _mountPoint, script)).Ended().Text;

    /// <summary>A new folder on the local disk that goes with the bench.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    /// <summary>Runs a script outside of the mount and prints nothing.</summary>
    /// <returns>False when it failed.</returns>
    public async Task<bool> TryRunAsync(string script) => (await _shell.RunAsync(_root, script)).ExitCode == 0;

    /// <summary>Does something and prints what it took.</summary>
    public async Task MeasureAsync(string step, Func<Task> action)
    {
        (await _http.PostAsync(new Uri("/__stats/reset", UriKind.Relative), content: null)).Dispose();
        var watch = Stopwatch.StartNew();
        await action();
        double seconds = watch.Elapsed.TotalSeconds;
        JsonElement stats = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/__stats", UriKind.Relative))).RootElement;
        long bytes = stats.GetProperty("bytesIn").GetInt64() + stats.GetProperty("bytesOut").GetInt64();
        Console.WriteLine(new Measurement(
            $"{_scenario.Name}: {step}", stats.GetProperty("total").GetInt64(), bytes, seconds, Kilobytes("VmRSS:"), Kilobytes("VmHWM:")));
    }

    public async ValueTask DisposeAsync()
    {
        if (_mount is not null)
            await UnmountAsync();
        _emulator.Kill();
        await _emulator.WaitForExitAsync();
        _emulator.Dispose();
        _http.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private bool IsMounted() => File.ReadLines("/proc/self/mountinfo").Any(line => line.Contains($" {_mountPoint} ", StringComparison.Ordinal));

    /// <summary>A line of /proc/PID/status of the serving process, in bytes (proc(5)).</summary>
    private long? Kilobytes(string key)
    {
        if (_mount is null)
            return null;
        string line = File.ReadLines($"/proc/{_mount.Id}/status").First(line => line.StartsWith(key, StringComparison.Ordinal));
        return long.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) << 10;
    }
}
