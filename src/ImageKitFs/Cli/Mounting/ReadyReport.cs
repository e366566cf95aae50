namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// Tells whoever waits for a mount how it went: a person at `--foreground`, or the launcher of a background mount,
/// which reads one-line messages from this process's standard output and prints them itself; and the service manager meanwhile.
/// </summary>
internal sealed class ReadyReport(bool isLaunched, ServiceManager serviceManager)
{
    // A note says that something goes on; the next one, or the mount, comes sooner than this.
    private static readonly TimeSpan PerNote = TimeSpan.FromMinutes(5);

    private const string NotePrefix = "note ";
    private const string ReadyPrefix = "ready ";
    private const string ErrorPrefix = "error ";

    public bool Sent { get; private set; }

    /// <summary>Something worth knowing before the mount answers.</summary>
    public void Note(string line)
    {
        serviceManager.Status(line);
        serviceManager.NeedsMore(PerNote);
        if (isLaunched)
            Send(NotePrefix + line);
        else
            Console.Error.WriteLine($"imagekitfs: {line}");
    }

    public void Ready(string line)
    {
        Sent = true;
        if (isLaunched)
            Send(ReadyPrefix + line);
        else
            Console.Out.WriteLine(line);
    }

    public void Failed(ExitCode code, string line)
    {
        Sent = true;
        if (isLaunched)
            Send($"{ErrorPrefix}{(int)code} {line}");
        else
            Console.Error.WriteLine($"imagekitfs: {line}");
    }

    /// <summary>The launcher's side: what a line means. Null when the line is only a note (already printed).</summary>
    public static (ExitCode Code, string Line)? Read(string line)
    {
        if (line.StartsWith(ReadyPrefix, StringComparison.Ordinal))
            return (ExitCode.Ok, line[ReadyPrefix.Length..]);
        if (line.StartsWith(NotePrefix, StringComparison.Ordinal))
        {
            Console.Error.WriteLine($"imagekitfs: {line[NotePrefix.Length..]}");
            return null;
        }

        if (!line.StartsWith(ErrorPrefix, StringComparison.Ordinal))
            return null;
        string[] parts = line[ErrorPrefix.Length..].Split(' ', 2);
        return int.TryParse(parts[0], out int code) && parts.Length == 2
            ? ((ExitCode)code, parts[1])
            : (ExitCode.Failed, line);
    }

    private static void Send(string line)
    {
        try
        {
            Console.Out.WriteLine(line.ReplaceLineEndings(" "));
            Console.Out.Flush();
        }
        catch (IOException)
        {
            // The launcher was interrupted; the mount does not depend on it.
        }
    }
}
