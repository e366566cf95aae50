using ImageKitFs.Cli.Telemetry;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// One mount from its start to its end in this process: emulator if asked for, engine, kernel; then, on a signal or an outside
/// unmount, the drain whose outcome is the exit status.
/// </summary>
internal sealed partial class MountHost
{
    // At shutdown the owners of open files are being stopped too.
    private static readonly TimeSpan OpenFileGrace = TimeSpan.FromSeconds(5);

    private readonly IMountSystem _system;
    private readonly MountRequest _request;
    private readonly ReadyReport _report;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly string? _logFile;
    private readonly TimeProvider _time;
    private readonly ServiceManager _serviceManager;

    public MountHost(
        IMountSystem system, MountRequest request, ReadyReport report, ServiceManager serviceManager, ILoggerFactory loggers, string? logFile, TimeProvider time)
    {
        _serviceManager = serviceManager;
        _system = system;
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
            await _system.RequireFreeAsync(_request, signals.Stop);
            await using EmbeddedEmulator? emulator = await EmbeddedEmulator.StartAsync(_request, signals.Stop);
            MountOptions options = await ReadOnlyKeys.ApplyAsync(MountOptionsFactory.Create(_request, emulator), _request, _report, _time, signals.Stop);
            Siblings siblings = new(options, _report, _loggers, _time);
            await using MediaVolume volume = await siblings.OpenFirstFreeAsync(signals.Stop);
            if (volume.Resumed.Text.Length > 0)
                _report.Note(volume.Resumed.Text);
            await ServeAsync(volume, siblings, options, signals);
            return await new Drain(volume, _logger, _time, _serviceManager).RunAsync(options.DrainTimeout, signals.GiveUp);
        }
        catch (VolumeException e)
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
        await using IMountSession mount = await MountAsync(volume, options, signals.Stop);
        using IDisposable? export = StartExport(volume, account, mount.MountPoint);
        LogMounted(_logger, account, mount.MountPoint);
        _report.Ready($"Mounted {account} at {mount.MountPoint}");
        if (_request.Launched)
            _system.LeaveLauncher(_logFile!);
        _serviceManager.Notify(ServiceManager.Ready);
        using LoadAhead? loadAhead = LoadAhead.WhenUpdated();

        using CancellationTokenSource ending = new();
        Task heartbeat = new Heartbeat(_serviceManager, mount.MountPoint, _time).RunAsync(ending.Token);
        Task idleMemory = OperatingSystem.IsLinux() ? new IdleMemory(_time).RunAsync(ending.Token) : Task.CompletedTask;
        Task pushOthers = options.ReadOnly ? Task.CompletedTask : siblings.PushOthersAsync(ending.Token);
        await Task.WhenAny(mount.Completion, signals.WaitAsync());
        await ending.CancelAsync();
        await Task.WhenAll(heartbeat, idleMemory);
        _serviceManager.Notify(ServiceManager.Stopping);
        LogStopping(_logger, signals.Stop.IsCancellationRequested ? "signal" : "unmounted from outside");
        if (!await mount.UnmountAsync())
            await EndOfOpenFilesAsync(mount, signals.GiveUp);
        await pushOthers;
    }

    private IDisposable? StartExport(MediaVolume volume, string account, string mountPoint)
    {
        Dictionary<string, string> names = new(StringComparer.Ordinal) { ["imagekitfs.url_endpoint"] = account, ["imagekitfs.mount_point"] = mountPoint };
        IDisposable? export = OtlpExport.Start(Environment.GetEnvironmentVariable, names, CommandTree.Version, _loggers);
        if (export is not null)
            volume.StartMeter();
        return export;
    }

    private async Task<IMountSession> MountAsync(MediaVolume volume, MountOptions options, CancellationToken ct)
    {
        try
        {
            return await _system.MountAsync(volume.Served, _request, options with { StateDirectory = volume.GetStatus().StateFolder }, _loggers, ct);
        }
        catch (CliException e)
        {
            LogRefused(_logger, e.Message);
            throw;
        }
    }

    // Detached while files were open: their owners may still write and close. What they leave open is pushed as it is.
    private async Task EndOfOpenFilesAsync(IMountSession mount, CancellationToken giveUp)
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
