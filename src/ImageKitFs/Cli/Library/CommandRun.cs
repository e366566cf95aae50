using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>One run of a command without a mount. Ctrl-C ends it in order: what is on its way is cancelled, temporaries are taken away. The second one ends it at once.</summary>
internal sealed class CommandRun(MountRequest account, Temporaries temporaries, CancellationToken stop) : IAsyncDisposable
{
    public Libraries Libraries { get; } = new(account);

    public Failures Failures { get; } = new();

    public Temporaries Temporaries { get; } = temporaries;

    /// <summary>Set by Ctrl-C.</summary>
    public CancellationToken Stop { get; } = stop;

    public static async Task<int> RunAsync(MountRequest account, Func<CommandRun, Task> work)
    {
        using StopSignals signals = new(ignoreHangUp: false);
        using Temporaries temporaries = new();
        using CancellationTokenRegistration atOnce = signals.GiveUp.Register(() =>
        {
            temporaries.Dispose();
            Environment.Exit((int)ExitCode.Interrupted);
        });
        await using CommandRun run = new(account, temporaries, signals.Stop);
        try
        {
            await work(run);
            signals.Stop.ThrowIfCancellationRequested();
            return (int)run.Failures.Code;
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Interrupted, "stopped before everything was done");
        }
        catch (LibraryException e)
        {
            throw new CliException(e.Failure.ToExitCode(), e.Message, e);
        }
    }

    /// <summary>Does one of many things; when it fails, that is one line, and the others go on.</summary>
    /// <returns>The line of the failure; null: it was done.</returns>
    public async Task<string?> TryAsync(Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            // What breaks off because of Ctrl-C is no failure of its own.
            Stop.ThrowIfCancellationRequested();
            return Failures.Add(e);
        }
    }

    /// <summary>What a local folder holds, saying what is left out of it; null where it cannot be read, which is one line.</summary>
    public async Task<LocalFolder?> TryReadAsync(string folder)
    {
        LocalFolder? content = null;
        await TryAsync(() =>
        {
            content = LocalFolder.Read(folder);
            return Task.CompletedTask;
        });
        foreach (string skipped in content?.Skipped ?? [])
            Failures.Note($"{Path.Combine(folder, skipped)} is left out: links to folders are not followed");
        return content;
    }

    public ValueTask DisposeAsync() => Libraries.DisposeAsync();
}
