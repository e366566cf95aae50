namespace ImageKitFs.Cli.Mounting;

/// <summary>Where the command line keeps its own files (XDG base directories; LocalAppData on Windows).</summary>
internal static class StatePaths
{
    /// <summary>`$XDG_STATE_HOME/imagekitfs`.</summary>
    public static string Root(Func<string, string?> environment)
    {
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "imagekitfs", "state");
        // The specification says: a relative path here is invalid and counts as unset.
        if (environment("XDG_STATE_HOME") is { Length: > 0 } state && Path.IsPathRooted(state))
            return Path.Combine(state, "imagekitfs");
        return Path.Combine(Home(environment), ".local", "state", "imagekitfs");
    }

    /// <summary>`$XDG_CONFIG_HOME/imagekitfs`; on Windows below the user's AppData.</summary>
    public static string ConfigRoot(Func<string, string?> environment)
    {
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "imagekitfs");
        return environment("XDG_CONFIG_HOME") is { Length: > 0 } config && Path.IsPathRooted(config)
            ? Path.Combine(config, "imagekitfs")
            : Path.Combine(Home(environment), ".config", "imagekitfs");
    }

    /// <summary>`$XDG_CACHE_HOME/imagekitfs`.</summary>
    public static string CacheRoot(Func<string, string?> environment) =>
        environment("XDG_CACHE_HOME") is { Length: > 0 } cache && Path.IsPathRooted(cache)
            ? Path.Combine(cache, "imagekitfs")
            : Path.Combine(Home(environment), ".cache", "imagekitfs");

    /// <summary>The log of the mount at <paramref name="mountPoint"/>: its path with dashes, so that two mounts never share a file.</summary>
    public static string DefaultLog(Func<string, string?> environment, string mountPoint)
    {
        string name = mountPoint.Trim('/').Replace("%", "%25", StringComparison.Ordinal).Replace("-", "%2D", StringComparison.Ordinal)
            .Replace('/', '-').Replace('\\', '-').Replace(':', '-')
            .Replace("*", "drive", StringComparison.Ordinal);
        // 255 bytes is the limit of a name; the end of a path tells more than its start.
        const int LongestName = 120;
        if (name.Length > LongestName)
            name = name[^LongestName..];
        return Path.Combine(Root(environment), "log", $"{(name.Length == 0 ? "root" : name)}.log");
    }

    /// <summary>The library that `demo` serves. Kept between runs, like an account.</summary>
    public static string DemoLibrary(Func<string, string?> environment) => Path.Combine(Root(environment), "demo");

    // A service without HOME (systemd, cron) still has a place: root's is the usual one.
    private static string Home(Func<string, string?> environment) =>
        environment("HOME") is { Length: > 0 } home ? home : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } profile ? profile : "/root";
}
