namespace ImageKitFs.Cli.Profiles.Bus;

/// <summary>Where the session bus listens (D-Bus specification, "Server Addresses"); sockets of this machine only.</summary>
internal static class BusAddress
{
    private const string Unix = "unix:";

    /// <summary>Socket paths in the order in which to try them; an abstract one begins with NUL.</summary>
    public static IReadOnlyList<string> PathsOf(Func<string, string?> environment)
    {
        if (environment("DBUS_SESSION_BUS_ADDRESS") is { Length: > 0 } addresses)
            return [.. addresses.Split(';').Select(PathOf).OfType<string>()];
        return environment("XDG_RUNTIME_DIR") is { Length: > 0 } runtime && File.Exists(Path.Combine(runtime, "bus")) ? [Path.Combine(runtime, "bus")] : [];
    }

    private static string? PathOf(string address)
    {
        if (!address.StartsWith(Unix, StringComparison.Ordinal))
            return null;
        foreach (string pair in address[Unix.Length..].Split(','))
        {
            string[] parts = pair.Split('=', 2);
            if (parts is ["path", var path])
                return Uri.UnescapeDataString(path);
            if (parts is ["abstract", var name])
                return '\0' + Uri.UnescapeDataString(name);
        }

        return null;
    }
}
