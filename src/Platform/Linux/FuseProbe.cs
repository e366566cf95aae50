namespace ImageKitFs.Platform.Linux;

/// <summary>What this machine offers for mounting.</summary>
/// <param name="DeviceExists">/dev/fuse is there.</param>
/// <param name="DeviceUsable">This process may open it.</param>
/// <param name="CanMountDirectly">This process has CAP_SYS_ADMIN.</param>
/// <param name="Fusermount">Where fusermount3 lies; null when it is not installed.</param>
/// <param name="UsersMayShare">/etc/fuse.conf has user_allow_other.</param>
/// <param name="CanAbort">The kernel's control files (/sys/fs/fuse/connections) are mounted.</param>
/// <param name="KernelRelease">Version of the kernel.</param>
public sealed record FuseProbe(
    bool DeviceExists, bool DeviceUsable, bool CanMountDirectly, string? Fusermount, bool UsersMayShare, bool CanAbort, string KernelRelease)
{
    private const string ConfigPath = "/etc/fuse.conf";
    private const string ControlFolder = "/sys/fs/fuse/connections";
    private const string CapabilityLine = "CapEff:";
    private const int CapSysAdmin = 21;

    /// <summary>True when a mount by this process has what it needs.</summary>
    public bool CanMount => DeviceUsable && (CanMountDirectly || Fusermount is not null);

    internal static FuseProbe Take() => new(
        File.Exists(FuseMounter.DevicePath),
        CanOpen(FuseMounter.DevicePath),
        HasSysAdmin(),
        FusermountClient.FindProgram(),
        LinesOf(ConfigPath).Any(static line => line.Trim() == "user_allow_other"),
        Directory.Exists(ControlFolder) && MountTable.Find(ControlFolder) is not null,
        Environment.OSVersion.Version.ToString());

    private static bool CanOpen(string path)
    {
        try
        {
            File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool HasSysAdmin() =>
        LinesOf("/proc/self/status").FirstOrDefault(static line => line.StartsWith(CapabilityLine, StringComparison.Ordinal)) is { } line
        && ulong.TryParse(line.AsSpan(CapabilityLine.Length).Trim(), System.Globalization.NumberStyles.HexNumber, null, out ulong capabilities)
        && (capabilities >> CapSysAdmin & 1) != 0;

    private static string[] LinesOf(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
