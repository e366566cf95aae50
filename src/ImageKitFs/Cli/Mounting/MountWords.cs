using System.Text;

namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// The words of `-o word,word=value`, as mount(8) and fstab(5) pass them, turned into this program's own options,
/// so that there is one parser and one set of messages.
/// </summary>
internal static class MountWords
{
    // Words for mount(8), systemd and desktops. They mean nothing here, or are always so (a FUSE mount is nosuid,nodev).
    private static readonly HashSet<string> Generic = new(StringComparer.Ordinal)
    {
        "rw", "dev", "nodev", "suid", "nosuid", "exec", "noexec", "auto", "noauto", "user", "nouser", "users", "owner", "group",
        "_netdev", "nofail", "defaults", "async", "sync", "dirsync", "atime", "noatime", "relatime", "norelatime", "strictatime",
        "nodiratime", "diratime", "lazytime", "nolazytime", "iversion", "noiversion", "silent", "loud", "default_permissions",
    };

    /// <summary>Words without a value, and the option that each stands for.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Flags = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ro"] = "--read-only",
        ["allow_other"] = "--allow-other",
        ["strict"] = "--strict",
        ["nonempty"] = "--nonempty",
    };

    /// <summary>Words with a value, likewise.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Values = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["uid"] = "--uid",
        ["gid"] = "--gid",
        ["umask"] = "--umask",
        ["thumbnails"] = "--thumbnails",
        ["commit"] = "--commit",
        ["on_conflict"] = "--on-conflict",
        ["cache_dir"] = "--cache-dir",
        ["cache_size"] = "--cache-size",
        ["spool_size"] = "--spool-size",
        ["dir_ttl"] = "--dir-ttl",
        ["commit_deadline"] = "--commit-deadline",
        ["rename_wait"] = "--rename-wait",
        ["drain_timeout"] = "--drain-timeout",
        ["reads_per_second"] = "--reads-per-second",
        ["writes_per_second"] = "--writes-per-second",
        ["folder"] = "--folder",
        ["key_file"] = "--key-file",
        ["url_endpoint"] = "--url-endpoint",
        ["api_endpoint"] = "--api-endpoint",
        ["upload_endpoint"] = "--upload-endpoint",
        ["log_file"] = "--log-file",
        ["log_level"] = "--log-level",
        ["log_format"] = "--log-format",
        ["log_target"] = "--log-target",
        ["emulator"] = "--emulator",
        ["profile"] = "--profile",
    };

    /// <summary>Long options that say the same; generic words vanish.</summary>
    /// <exception cref="CliException">Usage: a word that is neither generic nor ours.</exception>
    public static IReadOnlyList<string> Expand(string list)
    {
        List<string> options = [];
        foreach (string word in Split(list))
        {
            if (word.Length == 0 || Generic.Contains(word) || IsExtension(word))
                continue;
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 && Flags.TryGetValue(word, out string? flag))
                options.Add(flag);
            else if (equals > 0 && Values.TryGetValue(Underscored(word[..equals]), out string? option))
                options.Add($"{option}={word[(equals + 1)..]}");
            else
                throw new CliException(ExitCode.Usage, $"unknown mount option '{(equals > 0 ? word[..equals] : word)}' in -o; see imagekitfs mount --help");
        }

        return options;
    }

    // x-systemd.automount, x-gvfs-notrash and the like are for other programs by agreement (fstab(5)); comment= likewise.
    private static bool IsExtension(string word) =>
        word.StartsWith("x-", StringComparison.OrdinalIgnoreCase) || word.StartsWith("comment=", StringComparison.Ordinal);

    private static string Underscored(string name) => name.Replace('-', '_');

    // A comma inside a value is written \, (as libfuse does it).
    private static IEnumerable<string> Split(string list)
    {
        StringBuilder word = new();
        for (int i = 0; i < list.Length; i++)
        {
            if (list[i] == '\\' && i + 1 < list.Length && list[i + 1] is ',' or '\\')
            {
                word.Append(list[++i]);
            }
            else if (list[i] == ',')
            {
                yield return word.ToString();
                word.Clear();
            }
            else
            {
                word.Append(list[i]);
            }
        }

        yield return word.ToString();
    }
}
