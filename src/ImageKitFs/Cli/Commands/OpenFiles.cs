namespace ImageKitFs.Cli.Commands;

/// <summary>Which processes keep a mount busy, as far as this user can see.</summary>
internal static class OpenFiles
{
    // A line of text, not a report: fuser and lsof give those.
    private const int MostNamed = 3;

    /// <summary>"vim (1234), bash (99)", or "".</summary>
    public static string Under(string mountPoint)
    {
        List<string> users = [];
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            string id = Path.GetFileName(process);
            if (!id.All(char.IsAsciiDigit) || !HoldsSomething(process, mountPoint))
                continue;
            if (users.Count == MostNamed)
            {
                users.Add("...");
                break;
            }

            users.Add($"{Name(process)} ({id})");
        }

        return string.Join(", ", users);
    }

    private static bool HoldsSomething(string process, string mountPoint)
    {
        try
        {
            return Points(Path.Combine(process, "cwd"), mountPoint)
                || Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")).Any(descriptor => Points(descriptor, mountPoint));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Only the link's text is read; the mount itself is not asked.
    private static bool Points(string link, string mountPoint)
    {
        string? target = new FileInfo(link).LinkTarget;
        return target is not null && (target == mountPoint || target.StartsWith(mountPoint + "/", StringComparison.Ordinal));
    }

    private static string Name(string process)
    {
        try
        {
            return Plain.Printable(File.ReadAllText(Path.Combine(process, "comm")).Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "process";
        }
    }
}
