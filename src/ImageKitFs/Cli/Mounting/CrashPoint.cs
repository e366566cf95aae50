using System.Globalization;
using System.Runtime.Versioning;
using ImageKitFs.Cli.Interop;

namespace ImageKitFs.Cli.Mounting;

/// <summary>For crash tests alone: IMAGEKITFS_KILL_AT=STEP[:N] makes the process kill itself, as kill -9 would, when the engine passes a step the N-th time.</summary>
internal static class CrashPoint
{
    public const string Variable = "IMAGEKITFS_KILL_AT";

    /// <summary>What the engine is given; null without the variable.</summary>
    public static Action<string>? FromEnvironment(Func<string, string?> variable)
    {
        if (!OperatingSystem.IsLinux() || variable(Variable) is not { Length: > 0 } setting)
            return null;
        string[] parts = setting.Split(':', 2);
        return new Countdown(parts[0], parts.Length == 2 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1).Pass;
    }

    [SupportedOSPlatform("linux")]
    private sealed class Countdown(string wanted, int left)
    {
        private int _left = left;

        public void Pass(string step)
        {
            if (step != wanted || Interlocked.Decrement(ref _left) != 0)
                return;
            _ = SystemCalls.Kill(Environment.ProcessId, SystemCalls.SIGKILL);
            // The signal ends every thread, but perhaps not before this one would have gone on.
            Thread.Sleep(Timeout.Infinite);
        }
    }
}
