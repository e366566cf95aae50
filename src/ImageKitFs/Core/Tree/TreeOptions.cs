namespace ImageKitFs.Core.Tree;

/// <summary>How the tree lists and what it keeps.</summary>
internal sealed record TreeOptions
{
    /// <summary>How long a listing answers without asking (--dir-ttl).</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Rows a request; 1000 is the most that the service gives. At least 2, since pages overlap by one row.</summary>
    public int PageSize { get; init; } = 1000;

    /// <summary>
    /// Rows of all listings kept together, at about 110 bytes each: a library of a million, with what its folders weigh, stays whole while it is walked.
    /// </summary>
    public int MaxCachedRows { get; init; } = 1_500_000;

    /// <summary>The remote folder that is mounted: nothing outside is kept.</summary>
    public string Root { get; init; } = "/";

    /// <summary>Pages of one folder side by side: 8 at 50 ms each stay within the account's burst of 100 reads.</summary>
    public int MaxParallelPages { get; init; } = 8;
}
