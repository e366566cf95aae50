using ImageKitFs.Core.Names;

namespace ImageKitFs.Core.Api;

internal sealed partial class ImageKitClient
{
    public ValueTask<ApiResult<Nothing>> CreateFolderAsync(string parentFolder, string name, CancellationToken ct) =>
        WriteAsync(ApiOperation.CreateFolder, RemotePath.Combine(parentFolder, name), HttpMethod.Post, "/v1/folder", Json(writer =>
        {
            writer.WriteString("folderName", name);
            writer.WriteString("parentFolderPath", parentFolder);
        }), RepeatRule.Safe, ct);

    // Not repeated by itself: the proof that the folder is empty grows old, and the service deletes whatever is in it.
    public ValueTask<ApiResult<Nothing>> DeleteFolderAsync(string folderPath, CancellationToken ct) =>
        WriteAsync(
            ApiOperation.DeleteFolder, folderPath, HttpMethod.Delete, "/v1/folder", Json(writer => writer.WriteString("folderPath", folderPath)),
            RepeatRule.OnlyWhenNotDone, ct, _tuning.SlowReplyDeadline);
}
