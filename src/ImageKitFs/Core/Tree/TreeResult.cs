using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using ImageKitFs.Core.Api;

namespace ImageKitFs.Core.Tree;

/// <summary>A listing, or why there is none. A stale listing comes with the error that kept it from being refreshed.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TreeResult
{
    private TreeResult(Listing? listing, ApiError? error)
    {
        Listing = listing;
        Error = error;
    }

    /// <summary>Null when there is none.</summary>
    public Listing? Listing { get; }

    /// <summary>Null when the listing is fresh.</summary>
    public ApiError? Error { get; }

    /// <summary>True when there is a listing, fresh or stale.</summary>
    [MemberNotNullWhen(true, nameof(Listing))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Ok => Listing is not null;

    /// <summary>True when the listing is older than the TTL because the service could not be asked: good for browsing, no proof of anything.</summary>
    [MemberNotNullWhen(true, nameof(Listing), nameof(Error))]
    public bool IsStale => Listing is not null && Error is not null;

    public static TreeResult Fresh(Listing listing) => new(listing, null);

    /// <summary>A listing of an earlier run, shown while its refresh is under way.</summary>
    public static TreeResult Earlier(Listing listing) => new(listing, null);

    public static TreeResult Stale(Listing listing, ApiError error) => new(listing, error);

    public static TreeResult Failed(ApiError error) => new(null, error);
}
