namespace ImageKitFs.Cli.Mounting;

/// <summary>Mount points as the kernel names them.</summary>
internal static class MountPoints
{
    /// <summary>Absolute, with symbolic links resolved as far as they can be read, without a slash at the end.</summary>
    /// <remarks>A folder that answers nothing (a stale mount) is no link and stays as it is.</remarks>
    public static string Canonical(string path)
    {
        if (path.Length == 0)
            throw new CliException(ExitCode.Usage, "the mount point is empty");
        if (OperatingSystem.IsWindows())
            return OnWindows(path);
        string full = Path.GetFullPath(path);
        string resolved = "/";
        // As many links in one path as the kernel follows (ELOOP after 40).
        int linksLeft = 40;
        Queue<string> parts = new(full.Split('/', StringSplitOptions.RemoveEmptyEntries));
        while (parts.TryDequeue(out string? part))
        {
            if (part == "..")
            {
                resolved = Path.GetDirectoryName(resolved) ?? "/";
                continue;
            }

            string candidate = Path.Combine(resolved, part);
            if (part == "." || LinkTarget(candidate) is not { } target || --linksLeft < 0)
            {
                resolved = part == "." ? resolved : candidate;
                continue;
            }

            if (target.StartsWith('/'))
                resolved = "/";
            parts = new Queue<string>(target.Split('/', StringSplitOptions.RemoveEmptyEntries).Concat(parts));
        }

        return resolved;
    }

    /// <summary>How mount points are compared.</summary>
    public static StringComparison Comparison => OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>A path below a mount point. Below a drive it needs the separator: `X:a` would be relative to what is current there.</summary>
    public static string Below(string mountPoint, string relative) =>
        OperatingSystem.IsWindows() && mountPoint is [_, ':'] ? $@"{mountPoint}\{relative}" : Path.Combine(mountPoint, relative);

    /// <summary>A drive is its letter and a colon, whatever folder is current there; a star stays: the next free letter.</summary>
    internal static string OnWindows(string path) => path switch
    {
        "*" => path,
        [_, ':'] or [_, ':', '\\' or '/'] when char.IsAsciiLetter(path[0]) => $"{char.ToUpperInvariant(path[0])}:",
        _ => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)),
    };

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
