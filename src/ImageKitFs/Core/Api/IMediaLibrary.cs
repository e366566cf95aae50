namespace ImageKitFs.Core.Api;

/// <summary>The management and upload API, typed. Retries what is safe to repeat, waits at its gates, and says what remains as an <see cref="ApiError"/>.</summary>
/// <remarks>
/// Never throws for what the service or the network does. A cancelled call gives <see cref="ApiErrorKind.Canceled"/>; MayHaveHappened says whether it was sent.
/// An upload is sent at most once per call: whether to repeat it after a lost reply is the caller's decision, which needs evidence.
/// </remarks>
internal interface IMediaLibrary
{
    /// <summary>True once the service has refused a change and, asked, any change: the key reads and nothing else.</summary>
    bool IsReadOnlyKey => false;

    ValueTask<ApiResult<IReadOnlyList<LibraryRow>>> ListAsync(ListQuery query, CancellationToken ct);

    ValueTask<ApiResult<LibraryRow>> DetailsAsync(string fileId, CancellationToken ct);

    ValueTask<ApiResult<IReadOnlyList<LibraryRow>>> VersionsAsync(string fileId, CancellationToken ct);

    ValueTask<ApiResult<Nothing>> DeleteVersionAsync(string fileId, string versionId, CancellationToken ct);

    ValueTask<ApiResult<LibraryRow>> RestoreVersionAsync(string fileId, string versionId, CancellationToken ct);

    ValueTask<ApiResult<LibraryRow>> PatchAsync(string fileId, DetailsPatch patch, CancellationToken ct);

    ValueTask<ApiResult<UploadReply>> UploadAsync(UploadRequest request, IProgress<long>? bytesSent, CancellationToken ct);

    ValueTask<ApiResult<Nothing>> DeleteFileAsync(string fileId, CancellationToken ct);

    /// <param name="fileIds">1 to 100 ids.</param>
    /// <param name="ct">Ends the wait.</param>
    ValueTask<ApiResult<BulkDeleteReply>> DeleteFilesAsync(IReadOnlyList<string> fileIds, CancellationToken ct);

    /// <summary>Renames inside its folder; 409 gives AlreadyExists, a failed purge (207) is success.</summary>
    ValueTask<ApiResult<Nothing>> RenameFileAsync(string filePath, string newFileName, CancellationToken ct);

    /// <summary>Moves into another folder under the same base name. Merges silently into a file of that name: the caller checks first.</summary>
    ValueTask<ApiResult<Nothing>> MoveFileAsync(string filePath, string destinationFolder, CancellationToken ct);

    ValueTask<ApiResult<Nothing>> CopyFileAsync(string filePath, string destinationFolder, bool includeVersions, CancellationToken ct);

    /// <summary>Succeeds also when the folder exists.</summary>
    ValueTask<ApiResult<Nothing>> CreateFolderAsync(string parentFolder, string name, CancellationToken ct);

    /// <summary>Recursive and final. Repeating after a lost reply is safe: a 404 then counts as done by the caller.</summary>
    ValueTask<ApiResult<Nothing>> DeleteFolderAsync(string folderPath, CancellationToken ct);

    /// <returns>The job's id.</returns>
    ValueTask<ApiResult<string>> StartRenameFolderAsync(string folderPath, string newName, CancellationToken ct);

    /// <returns>The job's id.</returns>
    ValueTask<ApiResult<string>> StartMoveFolderAsync(string folderPath, string destinationFolder, CancellationToken ct);

    ValueTask<ApiResult<JobState>> JobAsync(string jobId, CancellationToken ct);

    /// <summary>The names of the account's custom metadata fields.</summary>
    ValueTask<ApiResult<IReadOnlyList<string>>> MetadataFieldsAsync(CancellationToken ct);

    /// <summary>The same with the values that they take.</summary>
    ValueTask<ApiResult<IReadOnlyList<MetadataField>>> FieldsAsync(CancellationToken ct);

    /// <summary>Makes a custom metadata field for text that no file needs to have. AlreadyExists also for a name that was deleted: it can never be used again.</summary>
    ValueTask<ApiResult<Nothing>> CreateTextFieldAsync(string name, string label, CancellationToken ct);
}

/// <summary>Which bytes to fetch.</summary>
/// <param name="RemotePath">Absolute path in the library.</param>
/// <param name="ObjectVersion">ik-obj-version of an older version, or null for the current one.</param>
/// <param name="CacheBuster">Sent as updatedAt; unique per version.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">How many; the range is absolute (a-b) on the wire.</param>
/// <param name="IsPrivate">Sign the URL.</param>
internal sealed record DeliveryRequest(string RemotePath, string? ObjectVersion, string CacheBuster, long Offset, long Length, bool IsPrivate)
{
    /// <summary>What to make of the file, such as w-300,h-300; then the whole is sent, offset and length do not count. Null: the original.</summary>
    public string? Transformation { get; init; }
}

/// <summary>The head of a delivery reply; the body is read from <see cref="Body"/>. Dispose ends the transfer.</summary>
internal sealed class DeliveryReply(int status, long? bodyOffset, long? totalLength, string? etag, DateTimeOffset? lastModified, Stream body, IDisposable owner) : IDisposable
{
    /// <summary>200 or 206.</summary>
    public int Status { get; } = status;

    /// <summary>Where in the file the body starts: 0 for a 200, of Content-Range for a 206; null when the reply did not say.</summary>
    public long? BodyOffset { get; } = bodyOffset;

    /// <summary>Size of the whole file: Content-Range's total, or Content-Length of a 200; null when the reply did not say.</summary>
    public long? TotalLength { get; } = totalLength;

    public string? ETag { get; } = etag;

    public DateTimeOffset? LastModified { get; } = lastModified;

    /// <summary>Throws IOException when the connection breaks, TimeoutException when no byte comes for the progress deadline.</summary>
    public Stream Body { get; } = body;

    public void Dispose()
    {
        Body.Dispose();
        owner.Dispose();
    }
}

/// <summary>Reads from the delivery URL: originals (tr=orig-true) or renditions, identity encoding, never with the API key.</summary>
internal interface IMediaDelivery
{
    ValueTask<ApiResult<DeliveryReply>> OpenAsync(DeliveryRequest request, CancellationToken ct);

    /// <summary>Bodies of this file broke off, too often to try again: told as other trouble of the service is, once.</summary>
    void BrokeOff(string remotePath, string why);
}
