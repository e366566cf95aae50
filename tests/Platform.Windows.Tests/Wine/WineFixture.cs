using System.Diagnostics;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests.Wine;

/// <summary>The published Windows program, and a Wine to run it. Made once for all tests here; takes a minute where `install/test` has not published already.</summary>
/// <remarks>
/// The folder form: a single-file bundle does not start under Wine 8. Output goes to files and not to pipes, which Wine's own background processes
/// would keep open.
/// </remarks>
public sealed class WineFixture : IAsyncLifetime
{
    /// <summary>Set by `install/test`: the folders that it published to.</summary>
    private const string ProgramVariable = "IMAGEKITFS_WINDOWS_PROGRAM";
    private const string TestsVariable = "IMAGEKITFS_WINDOWS_TESTS";

    // A hang is a failure, not a slow test; the slowest here takes a tenth of it.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly string _root = Directory.CreateTempSubdirectory("imagekitfs-wine-").FullName;
    private string _tests = "";
    private int _runs;

    public string Published { get; private set; } = "";

    /// <summary>The same program with the reference of the binding beside it, which has no driver and says yes to every mount.</summary>
    public string WithBinding { get; private set; } = "";

    /// <summary>The same with a file that is no binding.</summary>
    public string WithDamage { get; private set; } = "";

    public async Task InitializeAsync()
    {
        if (!File.Exists("/usr/bin/wine"))
            throw new InvalidOperationException("Wine is needed to run the Windows program: apt-get install --no-install-recommends wine wine64");
        Published = await PublishedAsync(ProgramVariable, "src/ImageKitFs/Cli/ImageKitFs.Cli.csproj");
        _tests = await PublishedAsync(TestsVariable, "tests/Platform.Windows.Tests/ImageKitFs.Platform.Windows.Tests.csproj");
        WithBinding = Copy("with-binding");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "winfsp-msil.dll"), Path.Combine(WithBinding, "winfsp-msil.dll"));
        WithDamage = Copy("with-damage");
        await File.WriteAllTextAsync(Path.Combine(WithDamage, "winfsp-msil.dll"), "not an assembly");
        // Makes the prefix; what comes afterwards starts in a second.
        Assert.Equal(0, (await RunAsync(Published, ["--version"])).ExitCode);
    }

    public async Task DisposeAsync()
    {
        await WaitAsync(Start("wineserver", ["-k"], "server"));
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>Runs the program to its end.</summary>
    public Task<WineResult> RunAsync(string folder, string[] arguments, string? input = null) =>
        RunProgramAsync(Path.Combine(folder, "imagekitfs.exe"), arguments, input);

    /// <summary>Runs one test of this assembly as a Windows program.</summary>
    public Task<WineResult> RunTestAsync(string test) =>
        RunProgramAsync(Path.Combine(_tests, "ImageKitFs.Platform.Windows.Tests.exe"), [test], input: null);

    private async Task<WineResult> RunProgramAsync(string program, string[] arguments, string? input)
    {
        string name = $"run-{Interlocked.Increment(ref _runs)}";
        using Process process = Start("wine", [program, .. arguments], name);
        if (input is not null)
            await process.StandardInput.WriteLineAsync(input);
        process.StandardInput.Close();
        int code = await WaitAsync(process);
        return new WineResult(code, await File.ReadAllTextAsync(FileOf(name, "out")), await File.ReadAllTextAsync(FileOf(name, "err")));
    }

    /// <summary>Starts the local ImageKit as a Windows program, and gives its origin.</summary>
    public async Task<(Process Process, string Origin)> StartEmulatorAsync()
    {
        string name = $"run-{Interlocked.Increment(ref _runs)}";
        Process process = Start("wine", [Path.Combine(Published, "imagekitfs.exe"), "emulator"], name);
        using CancellationTokenSource limit = new(Hang);
        while (true)
        {
            string? line = (await File.ReadAllLinesAsync(FileOf(name, "out"))).FirstOrDefault(text => text.StartsWith("IMAGEKIT_API_ENDPOINT=", StringComparison.Ordinal));
            if (line is not null && (await File.ReadAllTextAsync(FileOf(name, "out"))).Contains("IMAGEKIT_PRIVATE_KEY=", StringComparison.Ordinal))
                return (process, line.Split('=', 2)[1].Trim());
            Assert.False(process.HasExited, "the emulator ended");
            await Task.Delay(Look, limit.Token);
        }
    }

    /// <summary>Below the user's AppData in the prefix.</summary>
    public string FindFile(string name) => Directory.EnumerateFiles(
        Path.Combine(_root, "prefix", "drive_c"),
        name,
        // Links of the prefix lead to the whole machine.
        new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Single();

    private Process Start(string program, string[] arguments, string name)
    {
        File.WriteAllText(FileOf(name, "out"), "");
        ProcessStartInfo start = new("sh", ["-c", "exec \"$@\" >\"$OUT\" 2>\"$ERR\"", "sh", program, .. arguments]) { UseShellExecute = false, RedirectStandardInput = true };
        start.Environment["OUT"] = FileOf(name, "out");
        start.Environment["ERR"] = FileOf(name, "err");
        start.Environment["WINEPREFIX"] = Path.Combine(_root, "prefix");
        start.Environment["WINEDEBUG"] = "-all";
        foreach (string variable in (string[])["IMAGEKIT_PRIVATE_KEY", "IMAGEKIT_URL_ENDPOINT", "IMAGEKIT_API_ENDPOINT", "IMAGEKIT_UPLOAD_ENDPOINT", "IMAGEKITFS_CACHE_DIR"])
            start.Environment.Remove(variable);
        return Process.Start(start)!;
    }

    private static async Task<int> WaitAsync(Process process)
    {
        await process.WaitForExitAsync().WaitAsync(Hang);
        return process.ExitCode;
    }

    private async Task<string> PublishedAsync(string variable, string projectPath)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } folder)
            return folder;
        string project = Path.Combine(RepositoryRoot(), projectPath);
        string target = Path.Combine(_root, Path.GetFileNameWithoutExtension(project));
        ProcessStartInfo start = new("dotnet", ["publish", project, "-c", "Release", "-r", "win-x64", "--self-contained", "-o", target, "-v", "q", "-p:UseSharedCompilation=false"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        Assert.True(await WaitAsync(process) == 0, output);
        return target;
    }

    private string Copy(string name)
    {
        string target = Path.Combine(_root, name);
        Directory.CreateDirectory(target);
        foreach (string file in Directory.EnumerateFiles(Published))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        return target;
    }

    private string FileOf(string name, string kind) => Path.Combine(_root, $"{name}.{kind}");

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ImageKitFs.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not lie in the source tree.");
    }
}

/// <summary>How a run of the program ended.</summary>
public sealed record WineResult(int ExitCode, string Output, string Error);
