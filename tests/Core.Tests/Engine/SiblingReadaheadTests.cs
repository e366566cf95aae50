using System.Globalization;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>What is fetched before it is asked for, counted at the service.</summary>
public sealed class SiblingReadaheadTests
{
    private const int Size = 200_000;
    private const int Head = 64 << 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public enum Order
    {
        Listed,
        ByName,
        ByNumber,
    }

    [Theory]
    [InlineData(Order.Listed)]
    [InlineData(Order.ByName)]
    [InlineData(Order.ByNumber)]
    public async Task Files_read_whole_in_turn_are_fetched_before_they_are_opened_and_each_once(Order order)
    {
        await using TestVolume volume = await StartAsync(seed => Put(seed, "/a", 40));
        List<string> files = await InOrderAsync(volume, "/a", order);

        foreach (string file in files[..4])
            Assert.Equal(Content(file), await volume.ReadAsync(file));
        AssertReached(() => Deliveries(volume) > 4);
        foreach (string file in files[4..])
            Assert.Equal(Content(file), await volume.ReadAsync(file));

        AssertCost(volume, 40, 40 * Size);
    }

    [Fact]
    public async Task Looking_at_heads_fetches_heads_alone()
    {
        await using TestVolume volume = await StartAsync(seed => Put(seed, "/a", 60));

        foreach (string file in await InOrderAsync(volume, "/a", Order.ByName))
            await ReadHeadAsync(volume, file);

        AssertCost(volume, 60, 60 * Head);
    }

    [Fact]
    public async Task Looking_at_heads_costs_no_more_where_small_files_are_read_whole_by_it()
    {
        await using TestVolume volume = await StartAsync(seed => Put(seed, "/a", 60, index => index % 2 == 0 ? 30_000 : 3_000_000));

        foreach (string file in await InOrderAsync(volume, "/a", Order.ByName))
            await ReadHeadAsync(volume, file);

        AssertCost(volume, 60, 30 * (30_000 + Head));
    }

    [Fact]
    public async Task After_a_copy_a_look_at_heads_is_noticed_at_once()
    {
        const int Whole = 6;
        await using TestVolume volume = await StartAsync(seed =>
        {
            Put(seed, "/a", 60);
            Put(seed, "/b", 60);
        });
        List<string> files = await InOrderAsync(volume, "/a", Order.ByName);

        foreach (string file in files[..Whole])
            await volume.ReadAsync(file);
        foreach (string file in files[Whole..])
            await ReadHeadAsync(volume, file);
        long inFolder = volume.Emulator.Stats.DeliveryBytes;
        volume.Emulator.ResetStats();
        foreach (string file in await InOrderAsync(volume, "/b", Order.ByName))
            await ReadHeadAsync(volume, file);

        // At most twice what was read whole is ahead when the first head is closed.
        Assert.InRange(inFolder, 0, (3 * Whole * Size) + (60 * Head));
        Assert.Equal(60, Deliveries(volume));
        Assert.InRange(volume.Emulator.Stats.DeliveryBytes, 1, 61 * Head); // the last one of the folder before may be counted late
    }

    [Fact]
    public async Task The_folder_after_one_that_was_copied_goes_on_with_its_first_file()
    {
        await using TestVolume volume = await StartAsync(seed =>
        {
            Put(seed, "/a", 10);
            Put(seed, "/b", 10);
        });
        foreach (string file in await InOrderAsync(volume, "/a", Order.ByName))
            await volume.ReadAsync(file);
        volume.Emulator.ResetStats();

        await volume.ReadAsync((await InOrderAsync(volume, "/b", Order.ByName))[0]);

        AssertReached(() => Deliveries(volume) > 1);
    }

    [Fact]
    public async Task What_is_changed_here_hidden_or_local_is_not_fetched()
    {
        await using TestVolume volume = await StartAsync(seed => Put(seed, "/a", 12));
        List<string> files = await InOrderAsync(volume, "/a", Order.ByName);
        await volume.ReadAsync(files[5]);
        TestFile open = await volume.OpenAsync(files[6], OpenMode.Write | OpenMode.Truncate);
        await open.WriteAsync(0, [1, 2, 3]);
        Assert.Equal(FsError.None, await volume.UnlinkAsync(files[7]));
        volume.Emulator.ResetStats();

        foreach (string file in files[..5])
            await volume.ReadAsync(file);
        AssertReached(() => Deliveries(volume) >= 6);
        foreach (string file in files[8..])
            await volume.ReadAsync(file);

        Assert.Equal(9, Deliveries(volume));
        Assert.Equal(FsError.None, await open.CloseAsync());
    }

    [Fact]
    public async Task A_file_opened_out_of_order_cancels_what_is_on_its_way()
    {
        await using EmulatorServer server = await EmulatorServer.StartAsync(new EmulatorOptions());
        Put(server, "/a", 40);
        await using TestVolume other = await TestVolume.StartAsync(share: server);
        List<string> files = await InOrderAsync(other, "/a", Order.ByName);
        await other.CloseAsync();
        using HoldingHandler network = new(held: [.. files[4..30].Select(Path.GetFileName)!]);
        await using MediaVolume volume = await MediaVolume.OpenAsync(other.Options, NullLoggerFactory.Instance, TimeProvider.System, network, CancellationToken.None);
        foreach (string file in files[..4])
            await ReadWholeAsync(volume.FileSystem, file);
        AssertReached(() => network.HeldCount > 0);

        await ReadWholeAsync(volume.FileSystem, files[35]);

        AssertReached(() => network.HeldCount == 0);
        Assert.InRange(network.CanceledCount, 1, 24);
    }

    private static Task<TestVolume> StartAsync(Action<EmulatorServer> seed) =>
        TestVolume.StartAsync(configure: options => options with { DirectoryTtl = TimeSpan.FromHours(1) }, seed: seed);

    /// <summary>In an order of creation that is not that of the names.</summary>
    private static void Put(EmulatorServer server, string folder, int count, Func<int, int>? sizeOf = null)
    {
        foreach (int index in Enumerable.Range(0, count).OrderBy(index => index * 7 % count))
        {
            string path = $"{folder}/{index:d3}.jpg";
            server.Store.Put(path, Content(path, sizeOf?.Invoke(index) ?? Size));
        }
    }

    private static byte[] Content(string path, int size = Size)
    {
        byte[] content = new byte[size];
        new Random(int.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture)).NextBytes(content);
        return content;
    }

    private static async Task<List<string>> InOrderAsync(TestVolume volume, string folder, Order order)
    {
        List<DirEntry> entries = await volume.ReadDirAsync(folder);
        IEnumerable<DirEntry> sorted = order switch
        {
            Order.ByName => entries.OrderBy(entry => entry.Name, StringComparer.Ordinal),
            Order.ByNumber => entries.OrderBy(entry => entry.Ino),
            _ => entries,
        };
        return [.. sorted.Select(entry => $"{folder}/{entry.Name}")];
    }

    private static async Task ReadHeadAsync(TestVolume volume, string path)
    {
        TestFile file = await volume.OpenAsync(path);
        FsResult<int> read = await volume.FileSystem.ReadAsync(file.Inode, file.Handle, 0, new byte[Head], CancellationToken.None);
        Assert.True(read.Ok);
        await file.CloseAsync();
    }

    private static async Task ReadWholeAsync(IFileSystem files, string path)
    {
        InodeId at = InodeId.Root;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            at = (await files.LookupAsync(at, EntryName.Of(part), CancellationToken.None)).Value.Inode;
        HandleId handle = (await files.OpenAsync(at, OpenMode.Read, CancellationToken.None)).Value.Handle;
        Assert.Equal(Size, (await files.ReadAsync(at, handle, 0, new byte[Size], CancellationToken.None)).Value);
        files.Release(at, handle);
    }

    private static long Deliveries(TestVolume volume) => volume.Emulator.Stats.Count(EndpointKind.Delivery);

    /// <summary>The service counts a body when the last of it is sent, which may be after its reader has gone on.</summary>
    private static void AssertCost(TestVolume volume, long requests, long bytes)
    {
        SpinWait.SpinUntil(() => volume.Emulator.Stats.DeliveryBytes >= bytes, Patience);
        Assert.Equal(requests, Deliveries(volume));
        Assert.Equal(bytes, volume.Emulator.Stats.DeliveryBytes);
    }

    private static void AssertReached(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience));

    /// <summary>Holds requests for some names until they are cancelled.</summary>
    private sealed class HoldingHandler(string[] held) : DelegatingHandler(new SocketsHttpHandler())
    {
        private int _held;
        private int _canceled;

        public int HeldCount => Volatile.Read(ref _held);

        public int CanceledCount => Volatile.Read(ref _canceled);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (Array.Exists(held, name => request.RequestUri!.AbsolutePath.EndsWith(name, StringComparison.Ordinal)))
            {
                Interlocked.Increment(ref _held);
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }
                finally
                {
                    Interlocked.Increment(ref _canceled);
                    Interlocked.Decrement(ref _held);
                }
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
