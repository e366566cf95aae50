namespace ImageKitFs.Core.Tree;

/// <summary>How the tree lists and what it keeps.</summary>
internal sealed record TreeOptions
{
    /// <summary>How long a listing answers without asking (--dir-ttl).</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Rows a request; 1000 is the most that the service gives. At least 2, since pages overlap by one row.</summary>
    public int PageSize { get; init; } = 1000;

    /// <summary>Rows of all listings kept together: a million at about 150 bytes each.</summary>
    public int MaxCachedRows { get; init; } = 1_000_000;

    /// <summary>Pages of one folder side by side: 8 at 50 ms each stay within the account's burst of 100 reads.</summary>
    public int MaxParallelPages { get; init; } = 8;
}
