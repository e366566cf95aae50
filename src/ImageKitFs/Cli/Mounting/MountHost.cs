using System.Runtime.Versioning;
using ImageKitFs.Cli.Interop;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Platform.Linux;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// One mount from its start to its end in this process: emulator if asked for, engine, kernel; then, on a signal or an outside
/// unmount, the drain whose outcome is the exit status.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class MountHost
{
    // A shell that has just left the folder, an indexer: gone within moments.
    private static readonly TimeSpan BusyRetry = TimeSpan.FromSeconds(2);

    // At shutdown the owners of open files are being stopped too.
    private static readonly TimeSpan OpenFileGrace = TimeSpan.FromSeconds(5);

    private readonly MountRequest _request;
    private readonly ReadyReport _report;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly string? _logFile;
    private readonly TimeProvider _time;
    private readonly ServiceManager _serviceManager = new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));

    public MountHost(MountRequest request, ReadyReport report, ILoggerFactory loggers, string? logFile, TimeProvider time)
    {
        _request = request;
        _report = report;
        _loggers = loggers;
        _logger = loggers.CreateLogger<MountHost>();
        _logFile = logFile;
        _time = time;
    }

    /// <exception cref="CliException">It could not be mounted, or changes are kept locally.</exception>
    public async Task<ExitCode> RunAsync()
    {
        using StopSignals signals = new(ignoreHangUp: _request.Launched);
        try
        {
            await LiveMounts.RequireFreeAsync(_request.MountPoint, _request.NonEmpty, signals.Stop);
            await using EmbeddedEmulator? emulator = await EmbeddedEmulator.StartAsync(_request, signals.Stop);
            MountOptions options = MountOptionsFactory.Create(_request, emulator);
            Siblings siblings = new(options, _report, _loggers, _time);
            await using MediaVolume volume = await siblings.OpenFirstFreeAsync(signals.Stop);
            if (volume.Resumed.Text.Length > 0)
                _report.Note(volume.Resumed.Text);
            await ServeAsync(volume, siblings, options, signals);
            return await new Drain(volume, _logger, _time).RunAsync(options.DrainTimeout, signals.GiveUp);
        }
        catch (VolumeException e)
        {
            LogRefused(_logger, e.Message);
            throw new CliException(e.Failure.ToExitCode(), e.Message, e);
        }
        catch (FuseMountException e)
        {
            LogRefused(_logger, e.Message);
            throw new CliException(e.Failure.ToExitCode(), e.Message, e);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Failed, "stopped by a signal before the mount answered");
        }
    }

    // From the first answer to the end of the mount, whoever ends it.
    private async Task ServeAsync(MediaVolume volume, Siblings siblings, MountOptions options, StopSignals signals)
    {
        string account = options.Endpoints.Delivery.ToString().TrimEnd('/');
        FuseMountOptions mountOptions = new()
        {
            MountPoint = _request.MountPoint,
            Source = account,
            ReadOnly = options.ReadOnly,
            AllowOther = _request.AllowOther,
            NonEmpty = _request.NonEmpty,
            Uid = SystemCalls.GetEffectiveUser(),
            Gid = SystemCalls.GetEffectiveGroup(),
        };
        await using FuseMount mount = await FuseMount.MountAsync(volume.FileSystem, mountOptions, _loggers.CreateLogger<FuseMount>(), signals.Stop);
        LogMounted(_logger, account, _request.MountPoint);
        _report.Ready($"Mounted {account} at {_request.MountPoint}");
        if (_request.Launched)
            Daemon.LeaveLauncher(_logFile!);
        _serviceManager.Notify(ServiceManager.Ready);

        using CancellationTokenSource ending = new();
        Task pushOthers = options.ReadOnly ? Task.CompletedTask : siblings.PushOthersAsync(ending.Token);
        await Task.WhenAny(mount.Completion, signals.WaitAsync());
        await ending.CancelAsync();
        _serviceManager.Notify(ServiceManager.Stopping);
        LogStopping(_logger, signals.Stop.IsCancellationRequested ? "signal" : "unmounted from outside");
        if (!await mount.UnmountAsync(BusyRetry, CancellationToken.None))
            await EndOfOpenFilesAsync(mount, signals.GiveUp);
        await pushOthers;
    }

    // Detached while files were open: their owners may still write and close. What they leave open is pushed as it is.
    private async Task EndOfOpenFilesAsync(FuseMount mount, CancellationToken giveUp)
    {
        try
        {
            await mount.Completion.WaitAsync(OpenFileGrace, _time, giveUp);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            LogStillOpen(_logger, _request.MountPoint);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Not mounted: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Mounted {Account} at {MountPoint}")]
    private static partial void LogMounted(ILogger logger, string account, string mountPoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "Unmounting: {Why}")]
    private static partial void LogStopping(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Files are still open below {MountPoint}; their later writes fail")]
    private static partial void LogStillOpen(ILogger logger, string mountPoint);
}
