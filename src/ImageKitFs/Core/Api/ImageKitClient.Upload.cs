using ImageKitFs.Core.Names;

namespace ImageKitFs.Core.Api;

internal sealed partial class ImageKitClient
{
    /// <remarks>
    /// Sent once. It is sent again by itself only after no connection could be made, or after a 429 (a refusal before anything was stored); not after a
    /// 503, a broken connection or a deadline. MayHaveHappened is false while the body was not sent whole: a cut form cannot be stored.
    /// </remarks>
    /// <exception cref="IOException">The body could not be opened or read: the local disk's trouble, not the service's.</exception>
    public ValueTask<ApiResult<UploadReply>> UploadAsync(UploadRequest request, IProgress<long>? bytesSent, CancellationToken ct)
    {
        var call = new ApiCall(ApiOperation.Upload, HttpMethod.Post, Join(_endpoints.Upload, "/api/v1/files/upload")) { MaxReplyBytes = MaxRowBytes };
        return WatchRightsAsync(
            _uploads.RunAsync(
                ApiOperation.Upload, RemotePath.Combine(request.Folder, request.FileName), RepeatRule.OnlyWhenNotDone, GateLane.Ordinary,
                token => _transport.SendAsync(call, Content, reply => ApiJson.ReadUpload(reply.Body, request.Size), token), ct),
            ct);

        TrackedContent Content(ProgressWatch watch)
        {
            long reported = 0;
            UploadContent? content = null;
            content = new UploadContent(request, sent =>
            {
                _counters.Sent(sent - reported);
                reported = sent;
                bytesSent?.Report(sent);
                if (content!.IsWholeSent)
                    watch.SetDeadline(_tuning.SlowReplyDeadline);
                else
                    watch.Touch();
            });
            return content;
        }
    }
}
