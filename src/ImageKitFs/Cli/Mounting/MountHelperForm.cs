namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// Brings every accepted form of the arguments to `COMMAND options...`:
/// the form of mount(8) helpers (`SRC DIR -o words`, or called as mount.imagekitfs) and `-o words` of `mount`.
/// </summary>
internal static class MountHelperForm
{
    // mount(8) hands these to a helper: no mtab, be sloppy, verbose. Nothing here depends on them.
    private static readonly HashSet<string> IgnoredSwitches = new(StringComparer.Ordinal) { "-n", "-s", "-v", "-nv", "-sn", "-sv" };

    /// <param name="programName">argv[0] as the kernel shows it.</param>
    /// <param name="arguments">What follows it.</param>
    /// <param name="commands">The names of this program's commands.</param>
    public static string[] Normalize(string programName, string[] arguments, IReadOnlySet<string> commands)
    {
        string name = Path.GetFileName(programName);
        bool calledAsHelper = name.EndsWith("mount.imagekitfs", StringComparison.Ordinal) || name.EndsWith("mount.fuse.imagekitfs", StringComparison.Ordinal);
        if (calledAsHelper && !name.StartsWith("umount.", StringComparison.Ordinal))
            return FromHelper(arguments);
        if (calledAsHelper)
            return UnmountFromHelper(arguments);
        if (arguments.Length >= 3 && !arguments[0].StartsWith('-') && !commands.Contains(arguments[0]) && HasOptionWords(arguments))
            return FromHelper(arguments);
        return arguments.Length > 0 && arguments[0] == "mount" ? ["mount", .. ExpandWords(arguments[1..])] : arguments;
    }

    /// <summary>Whether umount(8) called, for whom a mount without a process is one to take away like any other.</summary>
    public static bool IsUnmountHelper(string programName)
    {
        string name = Path.GetFileName(programName);
        return name.StartsWith("umount.", StringComparison.Ordinal) && name.EndsWith("imagekitfs", StringComparison.Ordinal);
    }

    private static string[] UnmountFromHelper(string[] arguments)
    {
        List<string> expanded = ["umount", .. arguments.Where(argument => !argument.StartsWith('-'))];
        if (arguments.Contains("-l"))
            expanded.Add("--lazy");
        if (arguments.Contains("-f"))
            expanded.Add("--force");
        return [.. expanded];
    }

    private static string[] FromHelper(string[] arguments)
    {
        List<string> positional = [];
        List<string> rest = [];
        for (int i = 0; i < arguments.Length; i++)
        {
            string argument = arguments[i];
            if (IgnoredSwitches.Contains(argument))
                continue;
            if (argument.StartsWith('-'))
            {
                rest.Add(argument);
                if (argument == "-o" && i + 1 < arguments.Length)
                    rest.Add(arguments[++i]);
            }
            else
            {
                positional.Add(argument);
            }
        }

        if (positional.Count != 2)
            throw new CliException(ExitCode.Usage, "as a mount helper: SOURCE MOUNTPOINT [-o word,word...]");
        // A source that is a URL names the account; any other is only a label for `mount` and `df`.
        string[] endpoint = positional[0].Contains("://", StringComparison.Ordinal) ? [$"--url-endpoint={positional[0]}"] : [];
        return ["mount", positional[1], .. endpoint, .. ExpandWords([.. rest])];
    }

    private static bool HasOptionWords(string[] arguments) => arguments.Contains("-o");

    private static List<string> ExpandWords(string[] arguments)
    {
        List<string> expanded = [];
        for (int i = 0; i < arguments.Length; i++)
        {
            string argument = arguments[i];
            if (argument == "--")
            {
                expanded.AddRange(arguments[i..]);
                break;
            }

            if (argument == "-o")
            {
                if (i + 1 == arguments.Length)
                    throw new CliException(ExitCode.Usage, "-o needs a list of words");
                expanded.AddRange(MountWords.Expand(arguments[++i]));
            }
            else if (argument.StartsWith("-o", StringComparison.Ordinal))
            {
                expanded.AddRange(MountWords.Expand(argument[2..].TrimStart('=')));
            }
            else
            {
                expanded.Add(argument);
            }
        }

        return expanded;
    }
}
