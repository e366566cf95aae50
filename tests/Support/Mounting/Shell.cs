using System.Diagnostics;

namespace ImageKitFs.Tests.Support.Mounting;

/// <summary>How a script or program ended.</summary>
public sealed record ShellResult(string Script, int ExitCode, string Output, string Error)
{
    /// <summary>Fails with everything that was said, unless the exit status is as expected.</summary>
    public ShellResult Ended(int expected = 0) => ExitCode == expected
        ? this
        : throw new InvalidOperationException($"exit status {ExitCode}, expected {expected}\n--- output\n{Output}--- error\n{Error}--- script\n{Script}");

    /// <summary>The output without the last line end.</summary>
    public string Text => Output.TrimEnd('\n');
}

/// <summary>Runs real programs, through bash or directly, in an environment of its own.</summary>
public sealed class Shell(IReadOnlyDictionary<string, string> environment)
{
    // A hang is a failure, not a slow test.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(3);

    // Those of the machine that decide how programs talk and find each other; nothing of an account must come through.
    private static readonly string[] Kept = ["PATH", "PYENV_ROOT", "DOTNET_ROOT", "TMPDIR"];

    /// <summary>Runs a bash script that ends at its first failing command.</summary>
    public Task<ShellResult> RunAsync(string workingFolder, string script) =>
        RunProgramAsync(workingFolder, "/bin/bash", "-c", "set -eu -o pipefail\n" + script);

    public async Task<ShellResult> RunProgramAsync(string workingFolder, string program, params string[] arguments)
    {
        using Process process = Start(workingFolder, program, arguments);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Hang);
            return new ShellResult(arguments[^1], process.ExitCode, await output.WaitAsync(Hang), await error.WaitAsync(Hang));
        }
        catch (TimeoutException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"did not end: {program} {string.Join(' ', arguments)}", e);
        }
    }

    /// <summary>Starts a program and leaves it running.</summary>
    public Process Start(string workingFolder, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder,
        };
        Dictionary<string, string> all = new(environment, StringComparer.Ordinal) { ["LC_ALL"] = "C.UTF-8" };
        foreach (string name in Kept)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
                all.TryAdd(name, value);
        }

        start.Environment.Clear();
        foreach ((string name, string value) in all)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
