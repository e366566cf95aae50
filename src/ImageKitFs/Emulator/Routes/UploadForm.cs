using System.Text;
using ImageKitFs.Emulator.Http;
using ImageKitFs.Emulator.Library;
using ImageKitFs.Emulator.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace ImageKitFs.Emulator.Routes;

/// <summary>The parts of an upload (section 4.1), the file's bytes already with the blob store.</summary>
internal sealed class UploadForm : IDisposable
{
    private const int ChunkSize = 64 << 10;

    /// <summary>No text part is meant to be long.</summary>
    private const int MaxText = 1 << 20;

    /// <summary>Base64 of the largest file that such a part may hold, about 60 MB.</summary>
    private const int MaxFileText = 90 << 20;

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly MemoryStream _head = new();
    private BlobWriter? _file;

    private UploadForm()
    {
    }

    /// <summary>True when there was a file part.</summary>
    public bool HasFile => _file is not null;

    /// <summary>The file's length.</summary>
    public long FileLength => _file!.Length;

    /// <summary>The file's first bytes.</summary>
    public ReadOnlySpan<byte> Head => _head.GetBuffer().AsSpan(0, (int)_head.Length);

    /// <summary>A text part, or null.</summary>
    public string? this[string name] => _texts.GetValueOrDefault(name);

    /// <summary>Reads all parts; bytes of the file go to the store as they come.</summary>
    public static async Task<UploadForm> ReadAsync(HttpRequest request, BlobStore blobs, EmulatorOptions options, Pace pace, CancellationToken ct)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            || type.MediaType != "multipart/form-data" || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 } boundary)
            throw new Refusal(400, "Your request is missing file parameter.");
        var form = new UploadForm();
        try
        {
            var reader = new MultipartReader(boundary, request.Body, ChunkSize);
            while (await reader.ReadNextSectionAsync(ct) is { } part)
                await form.ReadPartAsync(part, blobs, options, pace, ct);
            return form;
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
        {
            form.Dispose();
            throw new Refusal(400, "Your request contains a malformed multipart body.");
        }
        catch (IOException) when (!ct.IsCancellationRequested)
        {
            form.Dispose();
            throw new Refusal(400, "Your request contains a malformed multipart body.");
        }
        catch
        {
            form.Dispose();
            throw;
        }
    }

    /// <summary>Finishes the file.</summary>
    public Blob Commit() => _file!.Commit();

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _head.Dispose();
    }

    private async Task ReadPartAsync(MultipartSection part, BlobStore blobs, EmulatorOptions options, Pace pace, CancellationToken ct)
    {
        PartHeader header = PartHeader.Parse(part.ContentDisposition);
        if (header.Name is null || (!header.IsQuoted && !options.LenientMultipart))
            throw new Refusal(400, "Your request contains a part whose name is missing or not quoted.");
        if (header.Name != "file")
        {
            _texts[header.Name] = Encoding.UTF8.GetString(await ReadTextAsync(part.Body, MaxText, pace, ct));
            return;
        }

        if (_file is not null)
            throw new Refusal(400, "Your request contains invalid file parameter.");
        _file = blobs.Create();
        bool isText = header.FileName is null && !options.LenientMultipart;
        if (isText)
            AddText(Encoding.UTF8.GetString(await ReadTextAsync(part.Body, MaxFileText, pace, ct)));
        else
            await StreamAsync(part.Body, pace, ct);
    }

    private async Task StreamAsync(Stream body, Pace pace, CancellationToken ct)
    {
        byte[] buffer = new byte[ChunkSize];
        int count;
        while ((count = await body.ReadAsync(buffer, ct)) > 0)
        {
            Add(buffer.AsSpan(0, count));
            await pace.AfterAsync(count, ct);
        }
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        _file!.Write(bytes);
        int room = MediaTypes.HeadLength - (int)_head.Length;
        if (room > 0)
            _head.Write(bytes[..Math.Min(room, bytes.Length)]);
    }

    // Without a file name the part is base64, plain or as a data URI, or a URL, which this server has no network to fetch.
    private void AddText(string text)
    {
        if (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            throw new Refusal(400, "Your request contains a URL in the file parameter that could not be fetched.");
        int comma = text.StartsWith("data:", StringComparison.Ordinal) ? text.IndexOf(',', StringComparison.Ordinal) : -1;
        byte[] decoded = new byte[text.Length];
        if (!Convert.TryFromBase64Chars(text.AsSpan(comma + 1).Trim(), decoded, out int length))
            throw new Refusal(400, "Your request contains invalid file parameter.");
        Add(decoded.AsSpan(0, length));
    }

    private static async Task<byte[]> ReadTextAsync(Stream body, int max, Pace pace, CancellationToken ct)
    {
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[ChunkSize];
        int count;
        while ((count = await body.ReadAsync(buffer, ct)) > 0)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > max)
                throw new Refusal(400, "Your request contains a parameter that is too long.");
            await pace.AfterAsync(count, ct);
        }

        return bytes.ToArray();
    }
}
