using System.Diagnostics;
using System.Text.Json;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Tests.Support;

/// <summary>A home of its own for the executable: no account, own XDG folders. Takes away on disposal whatever a failed test left mounted or running.</summary>
internal sealed class Sandbox : IAsyncDisposable
{
    // A hang is a failure, not a slow test; nothing here takes a tenth of it.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    private static readonly HttpClient Http = new();

    private readonly List<Process> _processes = [];

    public Sandbox()
    {
        Root = Directory.CreateTempSubdirectory("imagekitfs-cli-").FullName;
        Environment["HOME"] = Path("home");
        Environment["XDG_STATE_HOME"] = Path("state");
        Environment["XDG_CACHE_HOME"] = Path("cache");
        Environment["XDG_CONFIG_HOME"] = Path("config");
        Directory.CreateDirectory(Path("home"));
    }

    public static string Executable { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "imagekitfs");

    public string Root { get; }

    /// <summary>Added to the environment of what is run; null takes a variable away.</summary>
    public Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal)
    {
        ["IMAGEKIT_PRIVATE_KEY"] = null,
        ["IMAGEKIT_URL_ENDPOINT"] = null,
        ["IMAGEKIT_API_ENDPOINT"] = null,
        ["IMAGEKIT_UPLOAD_ENDPOINT"] = null,
        ["IMAGEKITFS_CACHE_DIR"] = null,
        ["NOTIFY_SOCKET"] = null,
        ["CREDENTIALS_DIRECTORY"] = null,
        // The keyring of whoever runs the tests is none of their business.
        ["DBUS_SESSION_BUS_ADDRESS"] = null,
        ["XDG_RUNTIME_DIR"] = null,
        ["JOURNAL_STREAM"] = null,
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = null,
    };

    public string Path(string name) => System.IO.Path.Combine(Root, name);

    public string Folder(string name) => Directory.CreateDirectory(Path(name)).FullName;

    public Task<CliResult> RunAsync(params string[] arguments) => RunProgramAsync(Executable, arguments);

    public Task<CliResult> RunProgramAsync(string program, params string[] arguments) => RunWithInputAsync("", program, arguments);

    /// <summary>The executable, with lines on its standard input.</summary>
    public Task<CliResult> RunWithLinesAsync(string[] lines, params string[] arguments) =>
        RunWithInputAsync(string.Concat(lines.Select(line => line + "\n")), Executable, arguments);

    private async Task<CliResult> RunWithInputAsync(string input, string program, string[] arguments)
    {
        Process process = Start(program, arguments);
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading.
        }

        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Hang);
        return new CliResult(process.ExitCode, await output, await error);
    }

    /// <summary>script(1): a terminal whose Ctrl-C works.</summary>
    /// <remarks>Whoever runs the tests in the background has SIGINT ignored, and so would all below. dash ends at once where bash waits for its command's status.</remarks>
    public Process StartTerminal(params string[] arguments) => Start("env", ["--default-signal=INT", "SHELL=/bin/bash", "script", .. arguments]);

    /// <summary>Starts a program and leaves it running.</summary>
    public Process Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        foreach ((string name, string? value) in Environment)
        {
            if (value is null)
                start.Environment.Remove(name);
            else
                start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        _processes.Add(process);
        return process;
    }

    /// <summary>Runs the local ImageKit as a process of its own, and points this sandbox at it.</summary>
    public async Task<Process> StartEmulatorAsync(params string[] arguments)
    {
        Process emulator = Start(Executable, ["emulator", .. arguments]);
        while (await emulator.StandardOutput.ReadLineAsync().WaitAsync(Hang) is { } line)
        {
            string[] setting = line.Split('=', 2);
            if (setting.Length == 2 && setting[0].StartsWith("IMAGEKIT_", StringComparison.Ordinal))
                Environment[setting[0]] = setting[1];
            if (line.Contains("IMAGEKIT_PRIVATE_KEY", StringComparison.Ordinal))
                return emulator;
        }

        Assert.Fail($"the emulator ended: {await emulator.StandardError.ReadToEndAsync()}");
        return emulator;
    }

    /// <summary>How many requests of each kind the emulator got since this was asked last.</summary>
    public async Task<IReadOnlyDictionary<string, long>> TakeRequestsAsync()
    {
        IReadOnlyDictionary<string, long> requests = await RequestsAsync();
        using HttpResponseMessage reset = await Http.PostAsync(EmulatorPath("/__stats/reset"), content: null);
        reset.EnsureSuccessStatusCode();
        return requests;
    }

    /// <summary>Waits until the emulator got a request of a kind.</summary>
    public async Task WaitForRequestAsync(string kind)
    {
        using CancellationTokenSource hang = new(Hang);
        while (!(await RequestsAsync()).ContainsKey(kind))
            hang.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Changes what goes wrong in the emulator from here on.</summary>
    public async Task SetFaultsAsync(string rules)
    {
        using StringContent body = new(rules);
        using HttpResponseMessage reply = await Http.PostAsync(EmulatorPath("/__faults"), body);
        reply.EnsureSuccessStatusCode();
    }

    private async Task<IReadOnlyDictionary<string, long>> RequestsAsync()
    {
        using JsonDocument stats = JsonDocument.Parse(await Http.GetStringAsync(EmulatorPath("/__stats")));
        return stats.RootElement.GetProperty("byKind").EnumerateObject().ToDictionary(kind => kind.Name, kind => kind.Value.GetInt64(), StringComparer.Ordinal);
    }

    private Uri EmulatorPath(string path) => new(Environment["IMAGEKIT_API_ENDPOINT"] + path);

    /// <summary>Reads the process's standard output until a line holds <paramref name="text"/>.</summary>
    public static async Task<string> WaitForLineAsync(Process process, string text)
    {
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(Hang) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
        }

        Assert.Fail($"ended without saying '{text}': {await process.StandardError.ReadToEndAsync()}");
        return "";
    }

    public static async Task<int> EndAsync(Process process)
    {
        await process.WaitForExitAsync().WaitAsync(Hang);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string mountPoint in LiveMounts.List().Where(path => path.StartsWith(Root + "/", StringComparison.Ordinal)))
            await RunProgramAsync("umount", "-l", mountPoint);
        foreach (Process process in _processes)
        {
            if (!process.HasExited)
                process.Kill();
            process.Dispose();
        }

        // Background mounts are nobody's children any more; they carry this folder's name in their arguments.
        foreach (int id in ProcessesOfThisSandbox())
            StopSignals.SendTerminate(id);
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Processes whose arguments name this sandbox.</summary>
    public IReadOnlyList<int> ProcessesOfThisSandbox()
    {
        List<int> found = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(System.IO.Path.GetFileName(folder), out int id) && ArgumentsOf(id).Contains(Root, StringComparison.Ordinal))
                found.Add(id);
        }

        return found;
    }

    /// <summary>What `ps` shows of a process.</summary>
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
}
