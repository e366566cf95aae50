namespace ImageKitFs.Cli;

/// <summary>An expected end of a command: one line for the user and the exit status. No stack trace is shown for it.</summary>
internal sealed class CliException : Exception
{
    public CliException(ExitCode code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    public ExitCode Code { get; }
}
