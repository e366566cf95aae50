using System.Diagnostics;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests.Wine;

/// <summary>A Windows program that runs. What it writes goes to files: Wine's own background processes would keep pipes open.</summary>
internal sealed class WineProcess(Process process, string outputFile, string errorFile)
{
    // A hang is a failure, not a slow test; the slowest here takes a tenth of it.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>Standard output so far.</summary>
    internal string Output => File.ReadAllText(outputFile);

    /// <summary>Waits for its end.</summary>
    internal async Task<WineResult> EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Hang);
        using (process)
            return new WineResult(process.ExitCode, Output, await File.ReadAllTextAsync(errorFile));
    }

    /// <summary>Waits until it has said something.</summary>
    internal Task SaysAsync(string text) => UntilAsync(() => Output.Contains(text, StringComparison.Ordinal));

    /// <summary>Waits for something that it does, as long as it runs.</summary>
    internal Task UntilAsync(Func<bool> isSo) => UntilAsync(isSo, () => !process.HasExited);

    /// <summary>Waits for something that nothing tells.</summary>
    internal static async Task UntilAsync(Func<bool> isSo, Func<bool> isRunning)
    {
        using CancellationTokenSource limit = new(Hang);
        while (!isSo())
        {
            Assert.True(isRunning() || isSo(), "the program ended");
            await Task.Delay(Look, limit.Token);
        }
    }

    internal void Kill() => process.Kill();
}

/// <summary>How a run of a Windows program ended.</summary>
public sealed record WineResult(int ExitCode, string Output, string Error);
