using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Diagnosis;
using ImageKitFs.Cli.Library;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Commands;

/// <summary>`doctor`: what this machine, the network and the account have and lack, one line each with what to do; or why one file is not delivered, or slowly.</summary>
internal sealed class DoctorCommand
{
    private readonly AccountOptions _account = new();
    private readonly Option<string?> _url = new("--url") { HelpName = "PATH", Description = "Fetch one file (a path, with ?tr=... if wanted, or a whole URL) and explain what comes." };
    private readonly Option<string?> _cacheFolder = new("--cache-dir") { HelpName = "D", Description = "The folder that mounts are given. Default: IMAGEKITFS_CACHE_DIR, else the XDG folders." };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON document." };
    private readonly TimeProvider _time = TimeProvider.System;

    public Command Build()
    {
        Command command = new("doctor", "Check what this machine, the network and the account have and lack. Ends with the exit status of the first failure.") { _url, _json, _cacheFolder };
        _account.AddTo(command);
        command.SetAction(async (result, ct) => (int)await RunAsync(result, ct));
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult result, CancellationToken ct)
    {
        bool isJson = result.GetValue(_json);
        MountRequest request = _account.Request(result);
        DiagnosisRun run = new(_time, isJson ? _ => { } : Print);
        string? url = result.GetValue(_url);
        await using EmbeddedEmulator? emulator = await EmbeddedEmulator.StartAsync(request, ct);
        (Account? account, Finding? unknown) = Find(request, emulator, isNeeded: url is not null);
        if (!isJson)
            Console.Out.WriteLine($"imagekitfs {CommandTree.Version}");
        if (url is null)
            await LookAtMachineAsync(run, result.GetValue(_cacheFolder) ?? Setting("IMAGEKITFS_CACHE_DIR"), ct);
        if (unknown is not null)
            run.Add(unknown);
        UrlCheck? fetched = null;
        if (account is not null)
        {
            using AccountView view = new(account.Endpoints, account.Key, _time);
            if (url is not null)
                await run.RunAsync(fetched = new UrlCheck(view, url, _time), ct);
            else
                await LookAtAccountAsync(run, account, view, ct);
        }

        return End(run, account, fetched?.Found, isJson);
    }

    private static async Task LookAtMachineAsync(DiagnosisRun run, string? cacheFolder, CancellationToken ct)
    {
        if (OperatingSystem.IsLinux())
            await run.RunAsync(new FuseCheck(), ct);
        else if (OperatingSystem.IsWindows())
            await run.RunAsync(new WinFspCheck(), ct);
        await run.RunAsync(new FolderCheck("cache", LibraryFolders.CacheRoot(Absolute(cacheFolder), Environment.GetEnvironmentVariable)), ct);
        await run.RunAsync(new FolderCheck("state", LibraryFolders.StateRoot(Absolute(cacheFolder), Environment.GetEnvironmentVariable)), ct);
    }

    private static async Task LookAtAccountAsync(DiagnosisRun run, Account account, AccountView view, CancellationToken ct)
    {
        await run.RunAsync(new ProxyCheck(account.Endpoints), ct);
        await run.RunAsync(new NetworkCheck(account.Endpoints, TimeProvider.System), ct);
        bool isOpen = await run.RunAsync(new KeyCheck(view, account.KeySource, account.IsReadOnly), ct);
        await run.RunAsync(new ClockCheck(view), ct);
        foreach (ICheck check in (ICheck[])[new EndpointCheck(view), new ShadowCheck(view), new StorageCheck(view), new RateLimitCheck(view)])
        {
            if (isOpen || (check is RateLimitCheck && view.Limits.Count > 0))
                await run.RunAsync(check, ct);
            else
                run.Add(Finding.Info(check.Name, "not looked at: the library could not be opened"));
        }
    }

    // A profile that is not there is a mistake of the command line; a key that cannot be read is a finding.
    private static (Account? Account, Finding? Unknown) Find(MountRequest request, EmbeddedEmulator? emulator, bool isNeeded)
    {
        try
        {
            return (emulator is null ? Account.Find(request) : Account.Of(emulator), null);
        }
        catch (CliException e) when (e.Code == ExitCode.BadKey && !isNeeded)
        {
            return (null, new Finding(FindingStatus.Fail, "key", e.Message, Advice: null, e.Code));
        }
        catch (CliException e) when (!isNeeded && !IsNamed(request))
        {
            return (null, Finding.Info("account", "none was looked at", e.Message));
        }
    }

    private static bool IsNamed(MountRequest request) =>
        request.Profile is not null || request.UrlEndpoint is not null || request.KeyFile is not null || Setting("IMAGEKIT_URL_ENDPOINT") is not null;

    private static ExitCode End(DiagnosisRun run, Account? account, DeliveryView? delivery, bool isJson)
    {
        List<Finding> failures = [.. run.Findings.Where(finding => finding.Status == FindingStatus.Fail)];
        ExitCode code = failures.Count > 0 ? failures[0].Exit : ExitCode.Ok;
        if (isJson)
        {
            DoctorReport report = new()
            {
                Version = CommandTree.Version,
                UrlEndpoint = account?.Endpoints.Delivery.ToString().TrimEnd('/'),
                Checks = [.. run.Findings.Select(finding => new FindingView { Check = finding.Check, Status = finding.Word, Message = finding.Message, Advice = finding.Advice })],
                Delivery = delivery,
                ExitCode = (int)code,
            };
            Console.Out.WriteLine(JsonSerializer.Serialize(report, CliJson.Default.DoctorReport));
        }

        return failures.Count == 0
            ? ExitCode.Ok
            : throw new CliException(code, $"{Plain.Count(failures.Count, "check")} failed, first {failures[0].Check}: {failures[0].Message}");
    }

    private static void Print(Finding finding) =>
        Console.Out.WriteLine($"{finding.Word}  {finding.Check}: {Plain.Printable(finding.Message)}{(finding.Advice is { } advice ? $"; {Plain.Printable(advice)}" : "")}");

    private static string? Absolute(string? path) => path is null ? null : Path.GetFullPath(path);

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
