namespace ImageKitFs.Core.Api;

/// <content>Learns from the first refused change whether the key may change anything: no request is spent on that before.</content>
internal sealed partial class ImageKitClient
{
    private volatile bool _isReadOnlyKey;
    private int _hasAskedForRights;

    public bool IsReadOnlyKey => _isReadOnlyKey;

    /// <summary>Called once, when the key turns out to read and nothing else.</summary>
    public Action FoundReadOnlyKey { get; set; } = static () => { };

    private async ValueTask<ApiResult<T>> WatchRightsAsync<T>(ValueTask<ApiResult<T>> change, CancellationToken ct)
    {
        ApiResult<T> result = await change;
        // One path, or one kind of change, may be closed to a key that may write elsewhere.
        if (result.Error is { Kind: ApiErrorKind.Forbidden } && Interlocked.Exchange(ref _hasAskedForRights, 1) == 0 && await MayWriteNothingAsync(ct))
        {
            _isReadOnlyKey = true;
            FoundReadOnlyKey();
        }

        return result;
    }

    /// <summary>Asks to delete no file at all: a bad request for a key that may delete, a lack of rights for one that may not.</summary>
    private async ValueTask<bool> MayWriteNothingAsync(CancellationToken ct)
    {
        var call = new ApiCall(ApiOperation.DeleteFiles, HttpMethod.Post, ApiUri("/v1/files/batch/deleteByFileIds")) { MaxReplyBytes = MaxRowBytes };
        ReadOnlyMemory<byte> none = Json(static json =>
        {
            json.WriteStartArray("fileIds");
            json.WriteEndArray();
        });
        ApiResult<object> reply = await _writes.TryAsync(
            ApiOperation.DeleteFiles, "no file", RepeatRule.Safe, GateLane.Ordinary,
            token => _transport.SendAsync(call, _ => new JsonBody(none), static _ => Done, token), ct);
        return reply.Error is { Kind: ApiErrorKind.Forbidden };
    }
}
