namespace ImageKitFs.Cli.Diagnosis;

/// <summary>How a check went.</summary>
internal enum FindingStatus
{
    /// <summary>As it should be.</summary>
    Pass,

    /// <summary>Worth knowing, or could not be looked at.</summary>
    Info,

    /// <summary>Works, but not in every case.</summary>
    Warn,

    /// <summary>Does not work.</summary>
    Fail,
}

/// <summary>One line of a diagnosis.</summary>
/// <param name="Status">How it went.</param>
/// <param name="Check">What was looked at, one word.</param>
/// <param name="Message">What was found, a clause.</param>
/// <param name="Advice">What to do, a clause; null when there is nothing.</param>
/// <param name="Exit">The exit status of a failure.</param>
internal sealed record Finding(FindingStatus Status, string Check, string Message, string? Advice = null, ExitCode Exit = ExitCode.Ok)
{
    public static Finding Pass(string check, string message) => new(FindingStatus.Pass, check, message);

    public static Finding Info(string check, string message, string? advice = null) => new(FindingStatus.Info, check, message, advice);

    public static Finding Warn(string check, string message, string advice) => new(FindingStatus.Warn, check, message, advice);

    public static Finding Fail(string check, string message, string advice, ExitCode exit) => new(FindingStatus.Fail, check, message, advice, exit);

    /// <summary>`pass`, `info`, `warn`, `fail`.</summary>
    public string Word => Status switch
    {
        FindingStatus.Pass => "pass",
        FindingStatus.Info => "info",
        FindingStatus.Warn => "warn",
        FindingStatus.Fail => "fail",
    };
}
