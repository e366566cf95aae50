using ImageKitFs.Cli.Logging;

namespace ImageKitFs.Cli.Mounting;

/// <summary>The three ways a `mount` runs: as launcher, as the background process it started, or in the foreground.</summary>
internal static class MountRunner
{
    public static async Task<ExitCode> RunAsync(MountRequest request, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        IMountSystem system = ForThisSystem();
        string logFile = request.LogFile ?? StatePaths.DefaultLog(Environment.GetEnvironmentVariable, request.MountPoint);
        if (request is { LogTarget: LogTarget.Console, Foreground: false })
            throw new CliException(ExitCode.Usage, "--log-target console needs --foreground: a mount in the background has no console");
        if (request.LogTarget == LogTarget.Journald && !OperatingSystem.IsLinux())
            throw new CliException(ExitCode.Usage, "--log-target journald: there is no journal on this system");
        if (request.Launched)
        {
            system.LeaveTerminal();
            return await ServeAsync(system, request, logFile);
        }

        if (request.Foreground)
            return await ServeAsync(system, request, logFile);

        // What can be refused at once is refused before a second process starts.
        if (OperatingSystem.IsWindows())
            WindowsMounts.RequireWinFsp();
        MountOptionsFactory.RequireAccount(request);
        using StopSignals signals = new(ignoreHangUp: false);
        return await Launcher.RunAsync(arguments, logFile, signals.Stop);
    }

    private static IMountSystem ForThisSystem()
    {
        if (OperatingSystem.IsLinux())
            return new LinuxMounts();
        if (OperatingSystem.IsWindows())
            return new WindowsMounts();
        throw new CliException(ExitCode.Failed, "mounting is built for Linux and Windows");
    }

    private static async Task<ExitCode> ServeAsync(IMountSystem system, MountRequest request, string logFile)
    {
        LogOptions options = LogOptions.Choose(
            request.LogTarget, request.Launched, request.LogFile, logFile, Journal.HasStandardError(Environment.GetEnvironmentVariable)) with
        {
            Format = request.LogFormat,
            Level = request.LogLevel,
            MountPoint = request.MountPoint,
        };
        var serviceManager = ServiceManager.FromEnvironment(Environment.GetEnvironmentVariable, Environment.ProcessId);
        ReadyReport report = new(request.Launched, serviceManager);
        try
        {
            using LogSetup log = new(options, Environment.GetEnvironmentVariable, TimeProvider.System);
            MountHost host = new(system, request, report, serviceManager, log.Factory, logFile, TimeProvider.System);
            return await host.RunAsync();
        }
        catch (CliException e) when (request.Launched && !report.Sent)
        {
            report.Failed(e.Code, e.Message);
            return e.Code;
        }
    }
}
