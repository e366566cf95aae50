namespace ImageKitFs.Core.Api;

internal sealed partial class ImageKitClient
{
    public ValueTask<ApiResult<IReadOnlyList<LibraryRow>>> VersionsAsync(string fileId, CancellationToken ct) =>
        RowsAsync(ApiOperation.Versions, fileId, FilePath(fileId) + "/versions", ct);

    public async ValueTask<ApiResult<Nothing>> DeleteVersionAsync(string fileId, string versionId, CancellationToken ct) =>
        GoneIsDone(await WriteAsync(ApiOperation.DeleteVersion, fileId, HttpMethod.Delete, VersionPath(fileId, versionId), null, RepeatRule.Safe, ct));

    public ValueTask<ApiResult<LibraryRow>> RestoreVersionAsync(string fileId, string versionId, CancellationToken ct) =>
        WriteAsync(
            ApiOperation.RestoreVersion, fileId, HttpMethod.Put, VersionPath(fileId, versionId) + "/restore", null, RepeatRule.Safe,
            static reply => ApiJson.ReadRow(reply.Body), ct);

    private static string VersionPath(string fileId, string versionId) => $"{FilePath(fileId)}/versions/{Uri.EscapeDataString(versionId)}";
}
