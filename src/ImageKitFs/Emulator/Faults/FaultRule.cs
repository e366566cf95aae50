namespace ImageKitFs.Emulator.Faults;

/// <summary>One rule and what is left of it. Used under the plan's lock.</summary>
internal sealed class FaultRule(string kind, string? path, FaultAction action)
{
    /// <summary>The text that the path must contain, or null.</summary>
    public string? Path => path;

    /// <summary>What goes wrong.</summary>
    public FaultAction Action => action;

    /// <summary>How often it may still happen; -1 is for ever.</summary>
    public int TimesLeft { get; set; } = -1;

    /// <summary>How many fitting requests go by first.</summary>
    public int SkipLeft { get; set; }

    /// <summary>How likely it is.</summary>
    public int Percent { get; set; } = 100;

    /// <summary>True when the rule is about this request.</summary>
    public bool Fits(string requestKind, string? subject) =>
        TimesLeft != 0
        && (kind == "any" || kind == requestKind || (kind == "api" && requestKind != EndpointKind.Delivery))
        && (path is null || subject?.Contains(path, StringComparison.Ordinal) == true);

    /// <summary>Decides about a request that fits.</summary>
    public bool Draw(Random lots)
    {
        if (SkipLeft > 0)
        {
            SkipLeft--;
            return false;
        }

        if (Percent < 100 && lots.Next(100) >= Percent)
            return false;
        if (TimesLeft > 0)
            TimesLeft--;
        return true;
    }
}
