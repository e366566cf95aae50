using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;

namespace ImageKitFs.Core.Api;

/// <summary>A request body that knows whether the service can have got all of it: what it did not get whole it cannot have acted upon.</summary>
internal abstract class TrackedContent : HttpContent
{
    /// <summary>True once the last byte was handed to the connection.</summary>
    public bool IsWholeSent { get; protected set; }
}

/// <summary>A small JSON body.</summary>
internal sealed class JsonBody : TrackedContent
{
    private readonly ReadOnlyMemory<byte> _json;

    public JsonBody(ReadOnlyMemory<byte> json)
    {
        _json = json;
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Before the write: it may throw after the last byte left.
        IsWholeSent = true;
        await stream.WriteAsync(_json, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _json.Length;
        return true;
    }
}

/// <summary>multipart/form-data as imagekit-api.md 4.1 and 12.3 want it: quoted names, bare boundary, known length, the file last and streamed.</summary>
/// <remarks>Holds one chunk in memory, whatever the file's size. One use.</remarks>
internal sealed class UploadContent : TrackedContent
{
    /// <summary>128 KiB: a few socket buffers; progress is reported and watched at this grain.</summary>
    private const int ChunkBytes = 128 << 10;

    private readonly UploadRequest _request;
    private readonly byte[] _head;
    private readonly byte[] _tail;
    private readonly Action<long> _onProgress;

    /// <param name="request">What to upload.</param>
    /// <param name="onProgress">Called after the form's head and each chunk of the file with the bytes of the file sent so far, and once more when the body is whole.</param>
    public UploadContent(UploadRequest request, Action<long> onProgress)
    {
        _request = request;
        _onProgress = onProgress;
        string boundary = "imagekitfs-" + RandomNumberGenerator.GetHexString(32, lowercase: true);
        _head = BuildHead(request, boundary);
        _tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        // The framework's own multipart type would quote the boundary, which some servers do not read.
        Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary={boundary}");
    }

    /// <summary>The spool failed, not the network: thrown on to the caller.</summary>
    public ExceptionDispatchInfo? LocalFailure { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_head, cancellationToken);
        _onProgress(0);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            await using Stream body = Open();
            long sent = 0;
            while (sent < _request.Size)
            {
                int count = await ReadAsync(body, chunk.AsMemory(0, (int)Math.Min(ChunkBytes, _request.Size - sent)), sent, cancellationToken);
                await stream.WriteAsync(chunk.AsMemory(0, count), cancellationToken);
                sent += count;
                _onProgress(sent);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        IsWholeSent = true;
        await stream.WriteAsync(_tail, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        _onProgress(_request.Size);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _head.Length + _request.Size + _tail.Length;
        return true;
    }

    private Stream Open()
    {
        try
        {
            return _request.OpenBody();
        }
        catch (Exception e)
        {
            LocalFailure = ExceptionDispatchInfo.Capture(e);
            throw;
        }
    }

    private async ValueTask<int> ReadAsync(Stream body, Memory<byte> chunk, long sent, CancellationToken ct)
    {
        try
        {
            int count = await body.ReadAsync(chunk, ct);
            return count > 0 ? count : throw new EndOfStreamException($"The spooled file ends at {sent} of {_request.Size} bytes.");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LocalFailure = ExceptionDispatchInfo.Capture(e);
            throw;
        }
    }

    private static byte[] BuildHead(UploadRequest request, string boundary)
    {
        var head = new StringBuilder();
        Field("fileName", request.FileName);
        Field("folder", request.Folder);
        Field("useUniqueFileName", "false");
        Field("overwriteFile", request.Overwrite ? "true" : "false");
        Field("overwriteTags", "false");
        Field("overwriteAITags", "false");
        Field("overwriteCustomMetadata", "false");
        // Always sent: an overwrite without it makes a private file public.
        Field("isPrivateFile", request.IsPrivate ? "true" : "false");
        if (request.CustomCoordinates is { } coordinates)
            Field("customCoordinates", coordinates);
        if (request.Tags is { Count: > 0 } tags)
            Field("tags", string.Join(',', tags));
        if (request.Description is { } description)
            Field("description", description);
        if (request.CustomMetadataJson is { } metadata)
            Field("customMetadata", metadata);
        Field("responseFields", "tags,isPrivateFile,isPublished,customMetadata,customCoordinates");
        head.Append($"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{AsciiName(request.FileName)}\"\r\n");
        head.Append("Content-Type: application/octet-stream\r\n\r\n");
        return Encoding.UTF8.GetBytes(head.ToString());

        void Field(string name, string value) =>
            head.Append($"--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }

    // The real name travels in fileName; this one only has to be there, plain, with the extension that type detection may look at.
    private static string AsciiName(string name) =>
        string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));
}
