namespace ImageKitFs.Emulator.Library;

/// <summary>What became of a purge: its id, or null when the quota is used up.</summary>
internal sealed record PurgeOutcome(string? RequestId);

/// <content>Purge requests and their quota. What they throw out is the CDN's business.</content>
internal sealed partial class MediaStore
{
    private readonly Dictionary<string, DateTimeOffset> _purges = new(StringComparer.Ordinal);

    /// <summary>Counts a purge against the quota.</summary>
    public PurgeOutcome Purge() => Enter(StartPurge);

    /// <summary>True once the purge is done.</summary>
    public bool IsPurged(string requestId) => Enter(() => _purges.TryGetValue(requestId, out DateTimeOffset due)
        ? due <= _time.GetUtcNow()
        : throw new Refusal(400, "No request found for this requestId."));

    private PurgeOutcome StartPurge()
    {
        if (_purges.Count >= Options.PurgeQuota)
            return new PurgeOutcome(RequestId: null);
        string id = _ids.Next();
        _purges.Add(id, _time.GetUtcNow() + Options.PurgeDuration);
        return new PurgeOutcome(id);
    }
}
