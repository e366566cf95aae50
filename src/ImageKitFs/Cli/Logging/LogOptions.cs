using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Logging;

/// <summary>How a line in a file or on the console looks.</summary>
internal enum LogFormat
{
    Text,
    Json,
}

/// <summary>Where a mount's log goes.</summary>
internal enum LogTarget
{
    /// <summary>In the background a file; in the foreground standard error, or the journal where that is the journal's.</summary>
    Auto,
    File,
    Console,
    Journald,
}

/// <summary>The log of one mount.</summary>
internal sealed record LogOptions
{
    /// <summary>Null: no file.</summary>
    public string? FilePath { get; init; }

    public bool ToConsole { get; init; }

    public bool ToJournal { get; init; }

    public LogFormat Format { get; init; }

    public LogLevel Level { get; init; } = LogLevel.Information;

    public string MountPoint { get; init; } = "";

    /// <summary>Where the lines of a mount go.</summary>
    /// <param name="target">What was asked for.</param>
    /// <param name="isLaunched">In the background, whose standard error leads to the file.</param>
    /// <param name="namedFile">The file that was asked for; null: none.</param>
    /// <param name="defaultFile">The file of a mount in the background.</param>
    /// <param name="isJournal">Standard error is the journal's.</param>
    public static LogOptions Choose(LogTarget target, bool isLaunched, string? namedFile, string defaultFile, bool isJournal) => target switch
    {
        LogTarget.Auto when isLaunched => new LogOptions { FilePath = namedFile ?? defaultFile },
        LogTarget.Auto => new LogOptions { FilePath = namedFile, ToJournal = isJournal, ToConsole = !isJournal },
        LogTarget.File => new LogOptions { FilePath = namedFile ?? defaultFile },
        LogTarget.Console => new LogOptions { FilePath = namedFile, ToConsole = true },
        LogTarget.Journald => new LogOptions { FilePath = namedFile, ToJournal = true },
    };
}
