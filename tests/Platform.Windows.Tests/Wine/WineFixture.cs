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

    private readonly string _root = Directory.CreateTempSubdirectory("imagekitfs-wine-").FullName;
    private string _tests = "";
    private int _runs;

    /// <summary>The stand-in of the binding, as it was built along with these tests.</summary>
    public static string StandIn
    {
        get
        {
            string tests = AppContext.BaseDirectory.TrimEnd('/');
            return Path.GetFullPath(Path.Combine(tests, "..", "..", "StandIn", Path.GetFileName(tests), "winfsp-msil.dll"));
        }
    }

    public string Published { get; private set; } = "";

    /// <summary>The same program with the stand-in of the binding beside it: a driver that says yes to every mount and plays the script it is given.</summary>
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
        File.Copy(StandIn, Path.Combine(WithBinding, "winfsp-msil.dll"));
        WithDamage = Copy("with-damage");
        await File.WriteAllTextAsync(Path.Combine(WithDamage, "winfsp-msil.dll"), "not an assembly");
        // Makes the prefix; what comes afterwards starts in a second.
        Assert.Equal(0, (await RunAsync(Published, ["--version"])).ExitCode);
    }

    public async Task DisposeAsync()
    {
        // Ends what still runs in this prefix and in no other; -w waits until it has.
        await Start("wineserver", ["-k"], input: null, []).EndAsync();
        await Start("wineserver", ["-w"], input: null, []).EndAsync();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>A folder that the tests share with the programs.</summary>
    public string Shared => _root;

    /// <summary>Runs the program to its end.</summary>
    public Task<WineResult> RunAsync(string folder, string[] arguments, string? input = null, Dictionary<string, string>? environment = null) =>
        StartProgram(folder, arguments, input, environment).EndAsync();

    /// <summary>Starts the program.</summary>
    internal WineProcess StartProgram(string folder, string[] arguments, string? input = null, Dictionary<string, string>? environment = null) =>
        Start("wine", [Path.Combine(folder, "imagekitfs.exe"), .. arguments], input, environment ?? []);

    /// <summary>Runs a program of Wine's own, such as reg.</summary>
    public Task<WineResult> RunToolAsync(params string[] arguments) => Start("wine", arguments, input: null, []).EndAsync();

    /// <summary>Runs the plain facts of one class of this assembly as a Windows program.</summary>
    public Task<WineResult> RunTestsAsync(string testClass) =>
        // Under Wine 8 the runtime fails once code that it made at run time is collected; so nothing is, before more is used than a class of tests uses.
        Start(
            "wine",
            [Path.Combine(_tests, "ImageKitFs.Platform.Windows.Tests.exe"), testClass],
            input: null,
            new() { ["DOTNET_GCgen0size"] = "0x80000000", ["DOTNET_GCLOHThreshold"] = "0x10000000", ["DOTNET_gcConcurrent"] = "0" }).EndAsync();

    /// <summary>Starts the local ImageKit as a Windows program, and gives its origin.</summary>
    internal async Task<(WineProcess Process, string Origin)> StartEmulatorAsync(params string[] arguments)
    {
        WineProcess emulator = StartProgram(Published, ["emulator", .. arguments]);
        await emulator.SaysAsync("IMAGEKIT_PRIVATE_KEY=");
        string line = emulator.Output.Split('\n').Single(text => text.StartsWith("IMAGEKIT_API_ENDPOINT=", StringComparison.Ordinal));
        return (emulator, line.Split('=', 2)[1].Trim());
    }

    /// <summary>A path of this machine as Windows programs name it.</summary>
    public static string ToWindows(string path) => "Z:" + path.Replace('/', '\\');

    /// <summary>Below the user's AppData in the prefix.</summary>
    public string FindFile(string name) => Directory.EnumerateFiles(
        Path.Combine(_root, "prefix", "drive_c"),
        name,
        // Links of the prefix lead to the whole machine.
        new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Single();

    private WineProcess Start(string program, string[] arguments, string? input, Dictionary<string, string> environment)
    {
        string name = Path.Combine(_root, $"run-{Interlocked.Increment(ref _runs)}");
        (string output, string error) = (name + ".out", name + ".err");
        File.WriteAllText(output, "");
        ProcessStartInfo start = new("sh", ["-c", "exec \"$@\" >\"$OUT\" 2>\"$ERR\"", "sh", program, .. arguments]) { UseShellExecute = false, RedirectStandardInput = true };
        start.Environment["OUT"] = output;
        start.Environment["ERR"] = error;
        start.Environment["WINEPREFIX"] = Path.Combine(_root, "prefix");
        start.Environment["WINEDEBUG"] = "-all";
        start.Environment["LC_ALL"] = "C.UTF-8"; // Wine spells the names of Unix files by the locale, and an empty one has no "ü".
        foreach (string variable in (string[])["IMAGEKIT_PRIVATE_KEY", "IMAGEKIT_URL_ENDPOINT", "IMAGEKIT_API_ENDPOINT", "IMAGEKIT_UPLOAD_ENDPOINT", "IMAGEKITFS_CACHE_DIR"])
            start.Environment.Remove(variable);
        foreach ((string variable, string value) in environment)
            start.Environment[variable] = value;
        Process process = Process.Start(start)!;
        if (input is not null)
            process.StandardInput.WriteLine(input);
        process.StandardInput.Close();
        return new WineProcess(process, output, error);
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
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, output);
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

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ImageKitFs.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not lie in the source tree.");
    }
}
