using System.Diagnostics;
using System.Globalization;

namespace ImageKitFs.Cli.Mounting;

/// <summary>A process that cannot be mistaken for a later one with the same number: its id and when it was started.</summary>
/// <param name="ProcessId">As the kernel numbers it.</param>
/// <param name="StartTicks">Field 22 of /proc/PID/stat: clock ticks between boot and its start. On Windows its start as FILETIME.</param>
internal readonly record struct ProcessIdentity(int ProcessId, long StartTicks)
{
    /// <summary>False when there is no such process, or only its remains (a zombie that nobody has collected).</summary>
    public static bool TryGet(int processId, out ProcessIdentity identity)
    {
        identity = default;
        if (!OperatingSystem.IsLinux())
            return TryAsk(processId, out identity);
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{processId}/stat");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        return TryParse(stat, processId, out identity);
    }

    /// <summary>Whether it is still running.</summary>
    public bool IsAlive() => TryGet(ProcessId, out ProcessIdentity current) && current == this;

    // Elsewhere the system's own start time has the same use.
    private static bool TryAsk(int processId, out ProcessIdentity identity)
    {
        identity = default;
        try
        {
            using var process = Process.GetProcessById(processId);
            if (process.HasExited)
                return false;
            identity = new ProcessIdentity(processId, process.StartTime.ToFileTimeUtc());
            return true;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    internal static bool TryParse(string stat, int processId, out ProcessIdentity identity)
    {
        identity = default;
        // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
        int afterName = stat.LastIndexOf(')');
        if (afterName < 0)
            return false;
        string[] fields = stat[(afterName + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        const int State = 0, StartTime = 19;
        if (fields.Length <= StartTime || fields[State] is "Z" or "X"
            || !long.TryParse(fields[StartTime], NumberStyles.None, CultureInfo.InvariantCulture, out long ticks))
            return false;
        identity = new ProcessIdentity(processId, ticks);
        return true;
    }
}
