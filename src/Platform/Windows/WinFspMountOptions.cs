namespace ImageKitFs.Platform.Windows;

/// <summary>Where and how to mount.</summary>
public sealed record WinFspMountOptions
{
    /// <summary>`X:`, `*` for the next free letter from Z: down, or a folder that does not exist yet.</summary>
    public required string MountPoint { get; init; }

    /// <summary>Which account this is, such as `ik.imagekit.io/demo`: the volume's number depends on it, and its last part names the drive.</summary>
    public required string Account { get; init; }

    /// <summary>Nobody may write.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Every user of this machine has the same access.</summary>
    public bool AllowOther { get; init; }

    /// <summary>The default of <see cref="CloseWait"/>.</summary>
    public static TimeSpan DefaultCloseWait => WinFspVolumeSettings.DefaultCloseWait;

    /// <summary>How long closing a file waits for its upload.</summary>
    public TimeSpan CloseWait { get; init; } = DefaultCloseWait;

    /// <summary>`\\imagekitfs\name`, with one backslash or two: the network name of the drive; null: derived from the account.</summary>
    public string? Prefix { get; init; }

    /// <summary>How often folders that are open in Explorer are listed again: as long as a listing counts as fresh.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whose drive it is, as S-1-...; null: who runs this program.</summary>
    public string? OwnerSid { get; init; }
}
