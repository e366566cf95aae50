namespace ImageKitFs.Core.Tree;

/// <summary>A listing that was kept on disk.</summary>
/// <param name="Listing">Its rows; <see cref="Tree.Listing.RequestedAt"/> is before everything of this run.</param>
/// <param name="Age">Since it was listed, by the wall clock; null when it is known to be out of date.</param>
/// <param name="IsTrusted">What had been acknowledged when the run that kept it ended is in it or in the journal.</param>
internal readonly record struct StoredListing(Listing Listing, TimeSpan? Age, bool IsTrusted);
