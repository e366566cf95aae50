using System.Diagnostics;

namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// Starts this program again in the background and waits until its mount answers or it says why not.
/// .NET cannot fork, so the second process gets the same arguments; the key reaches it by the environment, never by an argument.
/// </summary>
internal static class Launcher
{
    /// <summary>Marks the background process. Not for people, so not in the help.</summary>
    public const string LaunchedOption = "--launched";

    /// <param name="arguments">Those of `mount`, normalized.</param>
    public static async Task<ExitCode> RunAsync(IReadOnlyList<string> arguments, string logFile, CancellationToken ct)
    {
        using Process daemon = Process.Start(SelfStart([.. arguments, LaunchedOption]))
            ?? throw new CliException(ExitCode.Failed, "cannot start the background process");
        daemon.StandardInput.Close();
        Task<string> complaint = daemon.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            while (await daemon.StandardOutput.ReadLineAsync(ct) is { } line)
            {
                if (ReadyReport.Read(line) is not { } report)
                    continue;
                if (report.Code == ExitCode.Ok)
                {
                    Console.Out.WriteLine(report.Line);
                    return ExitCode.Ok;
                }

                // Its folder lock and its mount are gone once it has ended: a retry right after this line finds them free.
                await daemon.WaitForExitAsync(ct);
                throw new CliException(report.Code, report.Line);
            }

            await daemon.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            StopSignals.SendTerminate(daemon.Id);
            throw new CliException(ExitCode.Failed, "interrupted before the mount answered");
        }

        string lastWords = (await complaint).Trim();
        string reason = lastWords.Length == 0 ? $"ended with status {daemon.ExitCode}" : lastWords.Split('\n')[0].Trim();
        throw new CliException(ExitCode.Failed, $"the background process did not mount: {reason}; see {logFile}");
    }

    private static ProcessStartInfo SelfStart(IReadOnlyList<string> arguments)
    {
        string program = Environment.ProcessPath ?? throw new CliException(ExitCode.Failed, "cannot find this program's own file");
        ProcessStartInfo start = new(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // On Windows: a console of its own that nobody sees, so that closing this one does not end it.
            CreateNoWindow = true,
        };
        // Started as `dotnet imagekitfs.dll`: the process is the host, and the assembly is its first argument.
        if (string.Equals(Path.GetFileNameWithoutExtension(program), "dotnet", StringComparison.Ordinal))
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "imagekitfs.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }
}
