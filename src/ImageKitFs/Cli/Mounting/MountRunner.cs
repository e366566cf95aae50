using System.Runtime.Versioning;
using ImageKitFs.Cli.Logging;

namespace ImageKitFs.Cli.Mounting;

/// <summary>The three ways a `mount` runs: as launcher, as the background process it started, or in the foreground.</summary>
internal static class MountRunner
{
    public static async Task<ExitCode> RunAsync(MountRequest request, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        if (!OperatingSystem.IsLinux())
            throw new CliException(ExitCode.Failed, "mounting is built for Linux; on Windows this command is not there yet");
        string logFile = request.LogFile ?? StatePaths.DefaultLog(Environment.GetEnvironmentVariable, request.MountPoint);
        if (request.Launched)
        {
            Daemon.LeaveTerminal();
            return await ServeAsync(request, logFile);
        }

        if (request.Foreground)
            return await ServeAsync(request, request.LogFile);

        // What can be refused at once is refused before a second process starts.
        MountOptionsFactory.RequireAccount(request);
        using StopSignals signals = new(ignoreHangUp: false);
        return await Launcher.RunAsync(arguments, logFile, signals.Stop);
    }

    [SupportedOSPlatform("linux")]
    private static async Task<ExitCode> ServeAsync(MountRequest request, string? logFile)
    {
        ReadyReport report = new(request.Launched);
        try
        {
            using LogSetup log = new(logFile, toConsole: !request.Launched, request.LogLevel, TimeProvider.System);
            MountHost host = new(request, report, log.Factory, logFile, TimeProvider.System);
            return await host.RunAsync();
        }
        catch (CliException e) when (request.Launched && !report.Sent)
        {
            report.Failed(e.Code, e.Message);
            return e.Code;
        }
    }
}
