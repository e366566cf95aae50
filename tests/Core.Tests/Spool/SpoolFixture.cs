using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Core.Tests.Spool;

/// <summary>A spool folder with a counter in memory.</summary>
internal sealed class SpoolFixture : IDisposable
{
    private readonly TempFolder _folder = new();
    private long _generation;

    public SpoolFixture(long limitBytes = 1L << 40) =>
        Directory = SpoolDirectory.Open(_folder.At("spool"), limitBytes, () => Interlocked.Increment(ref _generation), TimeProvider.System, NullLogger.Instance);

    public SpoolDirectory Directory { get; }

    public string[] Files => [.. System.IO.Directory.GetFiles(Directory.Path).Select(file => Path.GetFileName(file)).Order()];

    public ContentStack NewStack(IBaseContent? baseContent = null, Action<string, long>? layerCreated = null) =>
        new(Directory, baseContent, TimeProvider.System, NullLogger.Instance, layerCreated);

    public static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static async Task<byte[]> ReadAllAsync(ContentStack stack)
    {
        // Asks for more than there is: only the end of the file may shorten a read.
        byte[] buffer = new byte[stack.Size + 10];
        FsResult<int> read = await stack.ReadAsync(0, buffer, CancellationToken.None);
        Assert.Equal(FsError.None, read.Error);
        return buffer[..read.Value];
    }

    public byte[] ReadSealed(SealedLayer layer)
    {
        using Stream stream = Directory.OpenRead(layer);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    public static async Task<SealedLayer> SealAsync(ContentStack stack)
    {
        FsResult<SealedLayer> result = await stack.SealAsync(CancellationToken.None);
        Assert.Equal(FsError.None, result.Error);
        return result.Value;
    }

    public void Dispose() => _folder.Dispose();
}
