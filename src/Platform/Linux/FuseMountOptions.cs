namespace ImageKitFs.Platform.Linux;

/// <summary>Where and how to mount.</summary>
public sealed record FuseMountOptions
{
    /// <summary>The folder that becomes the library; must exist.</summary>
    public required string MountPoint { get; init; }

    /// <summary>What df and /proc/mounts show as the device.</summary>
    public string Source { get; init; } = "imagekitfs";

    /// <summary>The kernel refuses every change.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Users other than the one who mounts may look in; the mode bits decide. For non-root /etc/fuse.conf must allow it.</summary>
    public bool AllowOther { get; init; }

    /// <summary>Mount over a folder that has entries, hiding them.</summary>
    public bool NonEmpty { get; init; }

    /// <summary>Reads do not move access times; true because the library keeps none.</summary>
    public bool NoAtime { get; init; } = true;

    /// <summary>The user the mount belongs to. Only root may name another one.</summary>
    public uint Uid { get; init; }

    /// <summary>The group the mount belongs to. Only root may name another one.</summary>
    public uint Gid { get; init; }
}
