using System.Security.Principal;
using Fsp;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Windows;

/// <summary>A host with its volume, from mount to unmount. Kept in a field by its owner: the binding's finalizer would stop the driver's threads.</summary>
internal sealed class MountedHost : IDisposable
{
    private const int StatusNoSuchDevice = unchecked((int)0xC000000E);
    private const string PrefixRoot = @"\imagekitfs\";

    /// <summary>Calls that wait for the service hold a thread each; the driver's own default would be the number of processors.</summary>
    private static readonly uint Threads = (uint)Math.Max(16, 2 * Environment.ProcessorCount);

    private readonly FileSystemHost _host;
    private readonly WinFspVolume _volume;

    private MountedHost(FileSystemHost host, WinFspVolume volume, string mountPoint)
    {
        _host = host;
        _volume = volume;
        MountPoint = mountPoint;
    }

    /// <summary>Where it is: a letter that was left open is known now.</summary>
    internal string MountPoint { get; }

    /// <summary>True: unmounted. False: the driver went away.</summary>
    internal Task<bool> Ended => _volume.Ended;

    /// <summary>Blocks while the driver is asked.</summary>
    /// <exception cref="WinFspMountException">Not mounted; nothing is left.</exception>
    internal static MountedHost Mount(IFileSystem fileSystem, WinFspMountOptions options, ILogger log, TimeProvider time)
    {
        string? mountPoint = options.MountPoint == "*" ? null : options.MountPoint;
        bool isLetter = mountPoint is null or [_, ':'];
        WinFspVolumeSettings settings = SettingsFor(options, isLetter);
        WinFspVolume volume = new(fileSystem, settings, log, time);
        FileSystemHost host = new(volume);
        if (settings.Prefix is { } prefix)
            host.Prefix = prefix; // Preflight asks another device for a network drive.
        try
        {
            int status = host.Preflight(mountPoint);
            if (status >= 0)
                status = host.MountEx(mountPoint, Threads);
            if (status < 0)
                throw Explain(status, options.MountPoint, isLetter);
            return new MountedHost(host, volume, host.MountPoint() ?? options.MountPoint);
        }
        catch
        {
            host.Dispose();
            volume.Dispose();
            throw;
        }
    }

    /// <summary>Unmounts; returns when no callback runs any more and every reply is sent.</summary>
    public void Dispose()
    {
        _host.Unmount();
        _host.Dispose();
        _volume.Dispose();
    }

    internal static WinFspMountException Explain(int status, string mountPoint, bool isLetter) => status switch
    {
        NtStatus.STATUS_OBJECT_NAME_COLLISION => new WinFspMountException(WinFspFailure.MountPointTaken, isLetter
            ? $"{mountPoint} is in use, or this account is mounted already"
            : $"{mountPoint} exists; the mount makes the folder itself and removes it again"),
        NtStatus.STATUS_ACCESS_DENIED => new WinFspMountException(WinFspFailure.MountPointDenied, $"Windows does not let this user mount at {mountPoint}"),
        NtStatus.STATUS_OBJECT_NAME_INVALID or NtStatus.STATUS_OBJECT_NAME_NOT_FOUND or NtStatus.STATUS_OBJECT_PATH_NOT_FOUND or NtStatus.STATUS_INVALID_PARAMETER =>
            new WinFspMountException(WinFspFailure.MountPointMissing, $"{mountPoint} is no drive letter such as X:, and no folder can be made there"),
        StatusNoSuchDevice => new WinFspMountException(
            WinFspFailure.Incomplete, "WinFsp is installed incompletely: its driver does not run; restart Windows, or install it again from https://winfsp.dev"),
        _ => new WinFspMountException(WinFspFailure.Other, $"mounting at {mountPoint} failed with status 0x{status:X8} (Windows error {NtStatus.ToWin32Error(status)})"),
    };

    private static WinFspVolumeSettings SettingsFor(WinFspMountOptions options, bool isLetter)
    {
        string label = options.Account[(options.Account.LastIndexOf('/') + 1)..];
        return new WinFspVolumeSettings
        {
            Security = SecurityDescriptors.For(OwnerOf(options), options.ReadOnly, options.AllowOther),
            Account = options.Account,
            Label = label,
            // A network drive is not indexed and has no recycle bin; it can have a letter only.
            Prefix = isLetter ? PrefixOf(options.Prefix ?? PrefixRoot + Plain(label)) : null,
            CloseWait = options.CloseWait,
            WatchInterval = options.WatchInterval,
        };
    }

    // One backslash in front: the second belongs to the notation.
    private static string PrefixOf(string networkPath) => '\\' + networkPath.TrimStart('\\');

    private static string Plain(string label) => string.Concat(label.Select(unit => char.IsAsciiLetterOrDigit(unit) || unit is '-' or '.' ? unit : '_'));

    private static Sid OwnerOf(WinFspMountOptions options)
    {
        if (options.OwnerSid is { } text)
            return Sid.Of(text);
        using var user = WindowsIdentity.GetCurrent();
        return Sid.Of(user.User?.Value ?? Sid.LocalSystem.ToString());
    }
}
