namespace ImageKitFs.Cli.Mounting;

/// <summary>A path in a mount, taken apart.</summary>
/// <param name="MountPoint">The mount.</param>
/// <param name="Inside">The path from its root, "/" or "/a/b".</param>
internal sealed record MountedPath(string MountPoint, string Inside)
{
    /// <summary>As programs name it.</summary>
    public string Full => Inside == "/" ? MountPoint : MountPoint + Inside;

    /// <summary>As a command of the mount takes it.</summary>
    public string Escaped => Uri.EscapeDataString(Inside);

    /// <exception cref="CliException">NotMounted: no imagekitfs mount holds the path.</exception>
    public static MountedPath Require(string path) =>
        TryFind(path) ?? throw new CliException(ExitCode.NotMounted, $"{MountPoints.Canonical(path)} is in no imagekitfs mount");

    /// <summary>Null when no imagekitfs mount holds the path.</summary>
    public static MountedPath? TryFind(string path)
    {
        string full = MountPoints.Canonical(path);
        string? mountPoint = LiveMounts.List().Where(mount => full == mount || full.StartsWith(mount.TrimEnd('/') + "/", StringComparison.Ordinal)).MaxBy(mount => mount.Length);
        return mountPoint is null
            ? null
            : new MountedPath(mountPoint, full == mountPoint ? "/" : full[mountPoint.TrimEnd('/').Length..]);
    }
}
