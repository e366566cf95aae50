using System.Threading.Channels;
using ImageKitFs.Core.Api;

namespace ImageKitFs.Core.Tests.Tree;

/// <summary>A library whose listings are lists that a test changes at will. Every other call is a bug of the tree.</summary>
internal sealed class ScriptedLibrary : IMediaLibrary
{
    /// <summary>The key of the rows of all folders.</summary>
    public const string Whole = "";

    private readonly Lock _lock = new();
    private readonly Channel<Held> _held = Channel.CreateUnbounded<Held>();

    public Dictionary<string, List<LibraryRow>> Folders { get; } = [];

    /// <summary>All list requests, in the order sent.</summary>
    public List<ListQuery> Requests { get; } = [];

    /// <summary>Called before a request is answered, with its number from 1.</summary>
    public Action<int, ListQuery>? Before { get; set; }

    /// <summary>Answers instead of the list when it gives an error.</summary>
    public Func<ListQuery, ApiError?>? Fail { get; set; }

    /// <summary>Rows that the client would drop as unusable; they count as sent.</summary>
    public Func<LibraryRow, bool> IsUnusable { get; set; } = _ => false;

    /// <summary>When set, each request waits until the test releases it.</summary>
    public bool IsHeld { get; set; }

    /// <summary>The next request that waits.</summary>
    public ValueTask<Held> NextAsync() => _held.Reader.ReadAsync();

    public async ValueTask<ApiResult<IReadOnlyList<LibraryRow>>> ListAsync(ListQuery query, CancellationToken ct)
    {
        Held? held = null;
        lock (_lock)
        {
            Requests.Add(query);
            if (IsHeld)
                _held.Writer.TryWrite(held = new Held(ct));
        }
        if (held is not null)
        {
            await using CancellationTokenRegistration stop = ct.Register(() => held.Gate.TrySetCanceled());
            try
            {
                await held.Gate.Task;
            }
            catch (OperationCanceledException)
            {
                return new ApiError(ApiErrorKind.Canceled, 0, "cancelled");
            }
        }
        lock (_lock)
        {
            Before?.Invoke(Requests.Count, query);
            if (Fail?.Invoke(query) is { } error)
                return error;
            LibraryRow[] page = Folders.TryGetValue(query.Path ?? Whole, out List<LibraryRow>? rows) ? [.. rows.Skip(query.Skip).Take(query.Limit)] : [];
            return new RowPage([.. page.Where(row => !IsUnusable(row))], page.Length);
        }
    }

    public ValueTask<ApiResult<LibraryRow>> DetailsAsync(string fileId, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<IReadOnlyList<LibraryRow>>> VersionsAsync(string fileId, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<Nothing>> DeleteVersionAsync(string fileId, string versionId, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<LibraryRow>> RestoreVersionAsync(string fileId, string versionId, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<LibraryRow>> PatchAsync(string fileId, DetailsPatch patch, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<UploadReply>> UploadAsync(UploadRequest request, IProgress<long>? bytesSent, CancellationToken ct) =>
        throw new NotSupportedException();

    public ValueTask<ApiResult<Nothing>> DeleteFileAsync(string fileId, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<BulkDeleteReply>> DeleteFilesAsync(IReadOnlyList<string> fileIds, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<Nothing>> RenameFileAsync(string filePath, string newFileName, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<Nothing>> MoveFileAsync(string filePath, string destinationFolder, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<Nothing>> CopyFileAsync(string filePath, string destinationFolder, bool includeVersions, CancellationToken ct) =>
        throw new NotSupportedException();

    public ValueTask<ApiResult<Nothing>> CreateFolderAsync(string parentFolder, string name, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<Nothing>> DeleteFolderAsync(string folderPath, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<string>> StartRenameFolderAsync(string folderPath, string newName, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<string>> StartMoveFolderAsync(string folderPath, string destinationFolder, CancellationToken ct) =>
        throw new NotSupportedException();

    public ValueTask<ApiResult<JobState>> JobAsync(string jobId, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<IReadOnlyList<string>>> MetadataFieldsAsync(CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<IReadOnlyList<MetadataField>>> FieldsAsync(CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<ApiResult<Nothing>> CreateTextFieldAsync(string name, string label, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>A request that waits.</summary>
    internal sealed class Held(CancellationToken ct)
    {
        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken Token { get; } = ct;
    }
}
