using System.Text.Json;

namespace ImageKitFs.Core.Api;

internal sealed partial class ImageKitClient
{
    public ValueTask<ApiResult<LibraryRow>> PatchAsync(string fileId, DetailsPatch patch, CancellationToken ct)
    {
        ReadOnlyMemory<byte> json = Json(writer =>
        {
            if (patch.Tags is { } tags)
            {
                writer.WriteStartArray("tags");
                foreach (string tag in tags)
                    writer.WriteStringValue(tag);
                writer.WriteEndArray();
            }

            if (patch.Description is { } description)
                writer.WriteString("description", description);
            if (patch.CustomMetadataJson is { } metadata)
            {
                writer.WritePropertyName("customMetadata");
                writer.WriteRawValue(metadata);
            }
        });
        return WriteAsync(
            ApiOperation.Patch, fileId, HttpMethod.Patch, FilePath(fileId) + "/details", json, RepeatRule.Safe, static reply => ApiJson.ReadRow(reply.Body), ct);
    }

    public async ValueTask<ApiResult<Nothing>> DeleteFileAsync(string fileId, CancellationToken ct) =>
        GoneIsDone(await WriteAsync(ApiOperation.DeleteFile, fileId, HttpMethod.Delete, FilePath(fileId), null, RepeatRule.Safe, ct));

    public async ValueTask<ApiResult<BulkDeleteReply>> DeleteFilesAsync(IReadOnlyList<string> fileIds, CancellationToken ct)
    {
        ReadOnlyMemory<byte> json = Json(writer =>
        {
            writer.WriteStartArray("fileIds");
            foreach (string id in fileIds)
                writer.WriteStringValue(id);
            writer.WriteEndArray();
        });
        ApiResult<BulkDeleteReply> result = await WriteAsync(
            ApiOperation.DeleteFiles, $"{fileIds.Count} files", HttpMethod.Post, "/v1/files/batch/deleteByFileIds", json, RepeatRule.Safe, reply => ReadBulkDelete(reply, fileIds), ct);

        // Ids are never used twice: when all are unknown after an attempt of ours that may have worked, it did.
        bool allGone = result.Error is { Kind: ApiErrorKind.NotFound, MayHaveHappened: true } error && fileIds.All(id => error.MissingFileIds.Contains(id));
        return allGone ? new BulkDeleteReply(fileIds, []) : result;
    }

    public ValueTask<ApiResult<Nothing>> RenameFileAsync(string filePath, string newFileName, CancellationToken ct) =>
        WriteAsync(ApiOperation.RenameFile, filePath, HttpMethod.Put, "/v1/files/rename", Json(writer =>
        {
            writer.WriteString("filePath", filePath);
            writer.WriteString("newFileName", newFileName);
            // Purges are metered by the month; reads carry a cache buster instead.
            writer.WriteBoolean("purgeCache", false);
        }), RepeatRule.OnlyWhenNotDone, ct);

    public ValueTask<ApiResult<Nothing>> MoveFileAsync(string filePath, string destinationFolder, CancellationToken ct) =>
        WriteAsync(ApiOperation.MoveFile, filePath, HttpMethod.Post, "/v1/files/move", Json(writer =>
        {
            writer.WriteString("sourceFilePath", filePath);
            writer.WriteString("destinationPath", destinationFolder);
        }), RepeatRule.OnlyWhenNotDone, ct);

    public ValueTask<ApiResult<Nothing>> CopyFileAsync(string filePath, string destinationFolder, bool includeVersions, CancellationToken ct) =>
        WriteAsync(ApiOperation.CopyFile, filePath, HttpMethod.Post, "/v1/files/copy", Json(writer =>
        {
            writer.WriteString("sourceFilePath", filePath);
            writer.WriteString("destinationPath", destinationFolder);
            writer.WriteBoolean("includeFileVersions", includeVersions);
        }), RepeatRule.OnlyWhenNotDone, ct);

    // 200 lists what was deleted; 207 adds what was not. An id that neither names counts as failed: the caller asks again.
    private static BulkDeleteReply? ReadBulkDelete(ApiReply reply, IReadOnlyList<string> asked)
    {
        using JsonDocument? document = ApiJson.TryParse(reply.Body);
        if (document is null || !ApiJson.TryGet(document.RootElement, "successfullyDeletedFileIds", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
            return null;
        var deleted = ApiJson.ReadStrings(document.RootElement, "successfullyDeletedFileIds").ToHashSet();
        return new BulkDeleteReply([.. asked.Where(deleted.Contains)], [.. asked.Where(id => !deleted.Contains(id))]);
    }
}
