using System.CommandLine;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Engine;

namespace ImageKitFs.Cli.Commands;

/// <summary>`pin` and `unpin`: what stays on this machine.</summary>
internal static class PinCommand
{
    public static Command BuildPin()
    {
        Argument<string?> path = new("PATH") { Description = "A file or folder in a mount.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> list = new("--list") { Description = "Show what is pinned." };
        Command command = new("pin", "Keep a file or folder on this machine: fetched now, never evicted, fetched anew when it changes.");
        command.Add(path);
        command.Add(list);
        command.Validators.Add(result =>
        {
            if (result.GetValue(list) == (result.GetValue(path) is not null))
                result.AddError("pin takes a PATH, or --list");
        });
        command.SetAction(async (result, ct) => (int)(result.GetValue(path) is { } wanted ? await PinAsync(MountedPath.Require(wanted), ct) : await ListAsync(ct)));
        return command;
    }

    public static Command BuildUnpin()
    {
        Argument<string> path = Arguments.PathInMount("What `pin --list` shows.");
        Command command = new("unpin", "Let go of what was pinned; its files stay until the cache needs the room.");
        command.Add(path);
        command.SetAction(result =>
        {
            MountedPath mounted = MountedPath.Require(result.GetRequiredValue(path));
            ControlCommand.TellPath(mounted, "unpin");
            Console.Out.WriteLine($"{Plain.Printable(mounted.Full)} is not pinned any more");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static async Task<ExitCode> PinAsync(MountedPath path, CancellationToken ct)
    {
        ControlCommand.TellPath(path, "pin");
        using StopSignals signals = new(ignoreHangUp: false);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(ct, signals.Stop);
        try
        {
            return WarmCommand.Conclude(path, await new CopyWatch(path, isPinned: true, TimeProvider.System).FollowAsync(either.Token));
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            Console.Out.WriteLine($"{Plain.Printable(path.Full)} is pinned; the mount goes on fetching it");
            return ExitCode.Ok;
        }
    }

    private static async Task<ExitCode> ListAsync(CancellationToken ct)
    {
        foreach (string mountPoint in LiveMounts.List())
        {
            MountReport report = await MountProbe.AskAsync(mountPoint, TimeProvider.System, ct);
            foreach (LocalCopyItem item in report.Status?.LocalCopies?.Where(item => item.IsPinned) ?? [])
                Console.Out.WriteLine(Describe(mountPoint, item));
        }

        return ExitCode.Ok;
    }

    /// <summary>One line for one pin.</summary>
    public static string Describe(string mountPoint, LocalCopyItem item)
    {
        string missing = item.DoneFiles == item.Files ? "all here" : $"{item.DoneFiles} of them here";
        string state = item.State switch
        {
            "done" => missing,
            "failed" => $"{missing}; {item.Error}",
            _ => $"{missing}, {item.State}",
        };
        return Plain.Printable($"{mountPoint.TrimEnd('/')}{item.Path}: {Plain.Count(item.Files, "file")} ({Units.FormatSize(item.Bytes)}), {state}");
    }
}
