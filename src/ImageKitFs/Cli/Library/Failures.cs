using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>What went wrong with single files while the others went on: one line each, and the exit status of the first.</summary>
internal sealed class Failures
{
    private readonly Lock _lock = new();
    private List<string>? _held;

    public int Count { get; private set; }

    /// <summary>Of the first failure.</summary>
    public ExitCode Code { get; private set; } = ExitCode.Ok;

    /// <summary>True for what a user can do something about; anything else is a bug and ends the command.</summary>
    public static bool IsExpected(Exception e) => e is CliException or LibraryException or IOException or UnauthorizedAccessException;

    /// <summary>Says it now, or at the end when a progress bar has the screen.</summary>
    /// <returns>The line.</returns>
    public string Add(Exception e)
    {
        lock (_lock)
        {
            if (Count++ == 0)
                Code = CodeOf(e);
            return Say(e.Message);
        }
    }

    /// <summary>Says something that is no failure.</summary>
    public void Note(string line)
    {
        lock (_lock)
            Say(line);
    }

    /// <summary>Until <see cref="Release"/> the screen belongs to a progress bar.</summary>
    public void Hold()
    {
        lock (_lock)
            _held ??= [];
    }

    public void Release()
    {
        lock (_lock)
        {
            foreach (string line in _held ?? [])
                Program.Tell(line);
            _held = null;
        }
    }

    /// <summary>From the causes that the library knows to exit statuses. Total.</summary>
    public static ExitCode CodeOf(Exception e) => e switch
    {
        CliException expected => expected.Code,
        LibraryException library => library.Failure.ToExitCode(),
        _ => ExitCode.Failed,
    };

    private string Say(string line)
    {
        if (_held is not null)
            _held.Add(line);
        else
            Program.Tell(line);
        return line;
    }
}
