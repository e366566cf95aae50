using System.Text.Json;

namespace ImageKitFs.Core.Api;

internal sealed partial class ImageKitClient
{
    public ValueTask<ApiResult<string>> StartRenameFolderAsync(string folderPath, string newName, CancellationToken ct) =>
        WriteAsync(ApiOperation.RenameFolder, folderPath, HttpMethod.Post, "/v1/bulkJobs/renameFolder", Json(writer =>
        {
            writer.WriteString("folderPath", folderPath);
            writer.WriteString("newFolderName", newName);
            writer.WriteBoolean("purgeCache", false);
        }), RepeatRule.OnlyWhenNotDone, ReadJobId, ct);

    public ValueTask<ApiResult<string>> StartMoveFolderAsync(string folderPath, string destinationFolder, CancellationToken ct) =>
        WriteAsync(ApiOperation.MoveFolder, folderPath, HttpMethod.Post, "/v1/bulkJobs/moveFolder", Json(writer =>
        {
            writer.WriteString("sourceFolderPath", folderPath);
            writer.WriteString("destinationPath", destinationFolder);
        }), RepeatRule.OnlyWhenNotDone, ReadJobId, ct);

    /// <summary>Copies a folder with its current versions into another, where a folder of its name takes the files in.</summary>
    /// <returns>The job's id.</returns>
    public ValueTask<ApiResult<string>> StartCopyFolderAsync(string folderPath, string destinationFolder, CancellationToken ct) =>
        WriteAsync(ApiOperation.CopyFolder, folderPath, HttpMethod.Post, "/v1/bulkJobs/copyFolder", Json(writer =>
        {
            writer.WriteString("sourceFolderPath", folderPath);
            writer.WriteString("destinationPath", destinationFolder);
            writer.WriteBoolean("includeVersions", false);
        }), RepeatRule.OnlyWhenNotDone, ReadJobId, ct);

    public async ValueTask<ApiResult<JobState>> JobAsync(string jobId, CancellationToken ct)
    {
        ApiResult<object> result = await ReadAsync<object>(
            ApiOperation.Job, jobId, "/v1/bulkJobs/" + Uri.EscapeDataString(jobId), MaxRowBytes, static reply => ReadJobState(reply), ct);
        return result.Ok ? (JobState)result.Value : result.Error;
    }

    private static string? ReadJobId(ApiReply reply)
    {
        using JsonDocument? document = ApiJson.TryParse(reply.Body);
        return document is not null && ApiJson.ReadString(document.RootElement, "jobId") is { Length: > 0 } id ? id : null;
    }

    // "Partial success" (207) is a rename whose purge failed; statuses that nobody documented count as pending, the caller bounds its polling.
    private static object? ReadJobState(ApiReply reply)
    {
        using JsonDocument? document = ApiJson.TryParse(reply.Body);
        if (document is null || ApiJson.ReadString(document.RootElement, "status") is not { } status)
            return null;
        bool isDone = reply.Status == 207 || status.Equals("Completed", StringComparison.OrdinalIgnoreCase)
            || status.Equals("Partial success", StringComparison.OrdinalIgnoreCase);
        return isDone ? JobState.Completed : JobState.Pending;
    }
}
