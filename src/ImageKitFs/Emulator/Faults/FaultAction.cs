namespace ImageKitFs.Emulator.Faults;

/// <summary>What goes wrong.</summary>
internal enum FaultKind
{
    /// <summary>An error status with a JSON body.</summary>
    Status,

    /// <summary>An error status with an HTML page.</summary>
    Html,

    /// <summary>A status without a body.</summary>
    Empty,

    /// <summary>429 with the three rate-limit headers.</summary>
    Throttle,

    /// <summary>The body is not JSON.</summary>
    Malformed,

    /// <summary>The connection ends inside the body.</summary>
    Truncate,

    /// <summary>More bytes than there are, chunked.</summary>
    Extra,

    /// <summary>The connection is cut without a reply.</summary>
    Reset,

    /// <summary>Nothing happens for a while before the request is looked at.</summary>
    Stall,

    /// <summary>Nothing happens for a while in the middle of the body.</summary>
    StallBody,

    /// <summary>The body comes a few bytes at a time.</summary>
    Drip,

    /// <summary>Rows that no client should trust are mixed into a listing.</summary>
    Rows,

    /// <summary>200 with the whole body where a range was asked for.</summary>
    NoRange,

    /// <summary>A Content-Range whose total is wrong.</summary>
    WrongRange,

    /// <summary>207 for a call on many files: the last one failed.</summary>
    Partial,
}

/// <summary>One action of a rule.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="IsAfter">The effect takes place first.</param>
/// <param name="Status">The status, where one is given.</param>
/// <param name="Amount">Milliseconds or bytes, where they are given.</param>
/// <param name="Message">The error text, where one is given.</param>
internal sealed record FaultAction(FaultKind Kind, bool IsAfter = false, int Status = 0, int Amount = 0, string? Message = null);
