using System.IO.Hashing;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Direct;

/// <summary>Reads the bytes of a listed version whole, by one request, as a mount reads them: never those of another version.</summary>
internal sealed class FileFetcher(IMediaLibrary library, IMediaDelivery delivery, TimeProvider time, ILogger logger)
{
    private readonly ContentCounters _counters = new();

    /// <returns>The hash of the bytes.</returns>
    /// <exception cref="LibraryException">They cannot be had.</exception>
    /// <exception cref="IOException">The target does not take them.</exception>
    public async Task<UInt128> FetchAsync(LibraryEntry file, Stream target, IProgress<long>? progress, CancellationToken ct)
    {
        StreamSink sink = new(target, file.Size, progress);
        if (file.Size > 0)
        {
            RangedReader reader = new(new ContentKey(file.File.Id, file.File.VersionId), file.Size, delivery, time, logger, _counters);
            FsError error = await reader.FetchAsync(new Locator(library, file), sink, ct);
            ct.ThrowIfCancellationRequested();
            if (error != FsError.None)
                throw LibraryException.Of(file.Path, error);
        }

        return sink.Hash;
    }

    /// <summary>Where the version was listed; when it is not there, what its history says.</summary>
    private sealed class Locator(IMediaLibrary library, LibraryEntry file) : IContentLocator
    {
        public async ValueTask<FsResult<DeliveryTarget>> LocateAsync(int attempt, CancellationToken ct)
        {
            if (attempt == 0)
                return new DeliveryTarget(file.RemotePath, ObjectVersion: null, file.File.IsPrivate);
            ApiResult<IReadOnlyList<LibraryRow>> versions = await library.VersionsAsync(file.File.Id, ct);
            if (!versions.Ok)
                return versions.Error.Kind == ApiErrorKind.NotFound ? FsError.Stale : FsError.Remote;
            LibraryRow? row = versions.Value.FirstOrDefault(row => row.VersionId == file.File.VersionId);
            return row is null ? FsError.Stale : new DeliveryTarget(row.Path, row.ObjectVersion, row.IsPrivate);
        }
    }

    /// <summary>Takes bytes in order into a stream.</summary>
    private sealed class StreamSink(Stream target, long size, IProgress<long>? progress) : RangeSink
    {
        private readonly XxHash128 _hash = new();
        private readonly long _size = size;
        private long _position;
        private long _next;

        public UInt128 Hash => _hash.GetCurrentHashAsUInt128();

        public override long Next => _next;

        public override long End => _size;

        public override void Begin(long offset, VersionIdentity identity) => _position = offset;

        public override void Take(ReadOnlySpan<byte> bytes)
        {
            // A reply may begin before what was asked for: those bytes are here already.
            long known = Math.Min(bytes.Length, Math.Max(0, _next - _position));
            bytes = bytes[(int)known..];
            bytes = bytes[..(int)Math.Min(bytes.Length, End - _next)];
            _position += known + bytes.Length;
            if (bytes.IsEmpty)
                return;
            target.Write(bytes);
            _hash.Append(bytes);
            _next += bytes.Length;
            progress?.Report(_next);
        }
    }
}
