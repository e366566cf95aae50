using System.CommandLine;
using ImageKitFs.Cli.Library;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImageKitFs.Cli.Commands;

/// <summary>`setup-mtime`: lets the account store mtimes, after asking.</summary>
internal sealed class SetupMtimeCommand
{
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask: for scripts." };
    private readonly AccountOptions _account = new();
    private readonly Option<string?> _cacheFolder = new("--cache-dir") { HelpName = "DIR", Description = "The --cache-dir of the mounts." };

    public static Command Build() => new SetupMtimeCommand().BuildCommand();

    private Command BuildCommand()
    {
        Command command = new("setup-mtime", "Let the account store modification times, so that every machine sees the same.");
        command.Add(_yes);
        _account.AddTo(command);
        command.Add(_cacheFolder);
        command.SetAction(async (result, ct) => (int)await RunAsync(result, ct));
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult result, CancellationToken ct)
    {
        MountRequest request = _account.Request(result) with { CacheFolder = Absolute(result.GetValue(_cacheFolder) ?? Setting("IMAGEKITFS_CACHE_DIR")) };
        await using EmbeddedEmulator? emulator = await EmbeddedEmulator.StartAsync(request, ct);
        MountOptions options = MountOptionsFactory.Create(request, emulator);
        try
        {
            using MtimeSetup setup = new(options, NullLogger.Instance, TimeProvider.System);
            if (await setup.ExistsAsync(ct))
            {
                Console.Out.WriteLine($"the account stores modification times already (field {MtimeSetup.FieldName})");
            }
            else
            {
                if (!result.GetValue(_yes) && !AsksYes(options))
                    return ExitCode.Failed;
                await setup.CreateAsync(ct);
                Console.Out.WriteLine($"made the field {MtimeSetup.FieldName}: what is written from now on keeps its modification time on every machine");
            }
        }
        catch (VolumeException e)
        {
            throw new CliException(e.Failure.ToExitCode(), e.Message, e);
        }

        await TellAsync(request, options, ct);
        return ExitCode.Ok;
    }

    private static bool AsksYes(MountOptions options)
    {
        Console.Out.WriteLine($"""
            ImageKit has no modification time that can be set. With a custom metadata field, imagekitfs stores it there, and
            every machine that mounts {options.Endpoints.Delivery} sees the same times.
              - It makes one text field, {MtimeSetup.FieldName}, in the account. Everyone who uses the account sees it in the dashboard.
              - Uploads carry the time. A time that is set later costs one more request per file.
              - To undo it, delete the field in the dashboard. ImageKit never gives its name again.
            """);
        if (Console.IsInputRedirected)
            throw new CliException(ExitCode.Usage, "nobody is there to ask: pass --yes to agree");
        Console.Out.Write("Make the field? [y/N] ");
        return Console.In.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }

    /// <summary>What this machine remembers of the account is brought up to date.</summary>
    private static async Task TellAsync(MountRequest request, MountOptions options, CancellationToken ct)
    {
        LibraryFolders.RememberTimes(request.CacheFolder, request.EmulatorFolder, options.Endpoints.Delivery);
        string root = LibraryFolders.StateRoot(request.CacheFolder, Environment.GetEnvironmentVariable);
        foreach (string folder in LibraryFolders.Find(root, LibraryFolders.NameOf(request.EmulatorFolder, options.Endpoints.Delivery, null), withParts: true))
        {
            try
            {
                await MtimeSetup.TryRememberAsync(folder, NullLogger.Instance);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                Console.Error.WriteLine($"{folder} was not told: {e.Message}");
            }
        }

        foreach (string mountPoint in LiveMounts.List())
        {
            MountReport report = await MountProbe.AskAsync(mountPoint, TimeProvider.System, ct);
            if (report.Status?.UrlEndpoint == options.Endpoints.Delivery.ToString() && !ControlCommand.TryTell(mountPoint, "setup-mtime"))
                Console.Error.WriteLine($"{mountPoint} was not told; it knows when it is mounted the next time");
        }
    }

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string? Absolute(string? path) => path is null ? null : Path.GetFullPath(path);
}
