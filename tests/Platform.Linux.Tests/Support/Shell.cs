using System.Diagnostics;
using Xunit;

namespace ImageKitFs.Platform.Linux.Tests.Support;

/// <summary>What a command said.</summary>
internal sealed record ShellResult(int ExitCode, string Output, string Error);

/// <summary>Runs commands of the system; each test process ends with its test.</summary>
internal static class Shell
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs a script of sh in a folder and gives its exit code and output.</summary>
    internal static async Task<ShellResult> TryAsync(string script, string folder = "/")
    {
        using Process process = Start("/bin/sh", ["-ec", script], folder);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource patience = new(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"'{script}' hangs");
        }

        return new ShellResult(process.ExitCode, await output, await error);
    }

    /// <summary>Runs a script that must succeed and gives its output without the last newline.</summary>
    internal static async Task<string> RunAsync(string script, string folder = "/")
    {
        ShellResult result = await TryAsync(script, folder);
        Assert.True(result.ExitCode == 0, $"'{script}' exited {result.ExitCode}: {result.Output}{result.Error}");
        return result.Output.TrimEnd('\n');
    }

    internal static Process Start(string program, string[] arguments, string folder = "/")
    {
        ProcessStartInfo start = new(program)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }
}
