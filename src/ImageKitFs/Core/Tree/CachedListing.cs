using ImageKitFs.Core.Api;

namespace ImageKitFs.Core.Tree;

/// <summary>A listing that is known, and what is known about its age. Replaced, never changed.</summary>
/// <param name="Listing">The rows.</param>
/// <param name="Order">Place in the order of events of the tree: when its fetch started, or when it was seeded.</param>
/// <param name="FreshSince">Timestamp from which the TTL runs; null when it has been expired by hand.</param>
/// <param name="Failure">The failed refreshes since, if any.</param>
internal sealed record CachedListing(Listing Listing, long Order, long? FreshSince, RefreshFailure? Failure)
{
    /// <summary>Kept by an earlier run, and good enough to be shown while this one asks for a newer.</summary>
    public bool IsShowable { get; init; }

    /// <summary>Timestamp from which it has been shown while its refresh is under way; null before.</summary>
    public long? ShownSince { get; init; }
}

/// <summary>Refreshes that failed in a row.</summary>
/// <param name="Error">What the last one met.</param>
/// <param name="Count">How many.</param>
/// <param name="Since">Timestamp of the last one.</param>
internal sealed record RefreshFailure(ApiError Error, int Count, long Since)
{
    /// <summary>Short enough that a mount recovers soon after the network does.</summary>
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(5);

    /// <summary>One try a minute for each folder in use is no load.</summary>
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(60);

    /// <summary>How long the next attempt waits: doubled with each failure.</summary>
    public TimeSpan Delay
    {
        get
        {
            TimeSpan delay = FirstDelay;
            for (int i = 1; i < Count && delay < MaxDelay; i++)
                delay += delay;
            return delay < MaxDelay ? delay : MaxDelay;
        }
    }
}
