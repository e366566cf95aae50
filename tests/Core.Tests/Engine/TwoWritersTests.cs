using System.Globalization;
using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>docs/SEMANTICS.md 1 and 22: two mounts write the same few names while requests fail; whatever was acknowledged is in the library, under a name or in a file's history.</summary>
public sealed class TwoWritersTests
{
    private static readonly int Steps = Environment.GetEnvironmentVariable("IMAGEKITFS_LONG") == "1" ? 40 : 12;

    [Theory]
    [InlineData("reset", 1)]
    [InlineData("reset-after", 1)]
    [InlineData("reset-after", 2)]
    [InlineData("status:500", 1)]
    [InlineData("status-after:500", 1)]
    [InlineData("truncate", 1)]
    [InlineData("throttle:50", 1)]
    public async Task No_acknowledged_byte_is_lost(string fault, int seed)
    {
        await using TestVolume one = await TestVolume.StartAsync(configure: options => options with { HostName = "one", DirectoryTtl = TimeSpan.FromMilliseconds(50) });
        await using TestVolume two = await TestVolume.StartAsync(
            configure: options => options with { HostName = "two", DirectoryTtl = TimeSpan.FromMilliseconds(50) }, share: one.Emulator);
        TestVolume[] mounts = [one, two];
        string[] kinds = [EndpointKind.Upload, EndpointKind.Details, EndpointKind.Versions, EndpointKind.Restore, EndpointKind.List];
        one.Emulator.Faults.Replace(string.Join(';', kinds.Select(kind => $"{kind}%20={fault}")));

        Random random = new(seed);
        List<(string Path, string Text)> acknowledged = [];
        for (int step = 0; step < Steps; step++)
        {
            // Both at once, on the same name or not.
            (string Path, string Text)[] writes = [.. mounts.Select((_, i) => Write(step, i))];
            FsError[] results = await Task.WhenAll(mounts.Select((mount, i) => mount.PutAsync(writes[i].Path, writes[i].Text)));
            acknowledged.AddRange(writes.Where((_, i) => results[i] == FsError.None));
        }

        one.Emulator.Faults.Clear();
        foreach (TestVolume mount in mounts)
        {
            mount.Volume.Retry();
            await mount.SyncAsync();
        }

        long lost = one.Emulator.Faults.Fired;
        List<(string Path, string Text)> stored =
        [
            .. one.Emulator.Store.List().Where(entry => !entry.IsFolder)
                .SelectMany(entry => one.Emulator.Store.VersionsOf(entry.Path).Select(version => (entry.Path, Encoding.UTF8.GetString(version.Content)))),
        ];
        Assert.NotEmpty(acknowledged);
        Assert.NotEqual(0, lost);
        foreach ((string path, string text) in acknowledged)
        {
            Assert.True(stored.Exists(version => version.Text == text), $"seed {seed}: {text} of {path} is nowhere");
            string stem = path[..^4];
            Assert.All(stored.Where(version => version.Text == text), version => Assert.StartsWith(stem, version.Path, StringComparison.Ordinal));
        }

        (string Path, string Text) Write(int step, int mount) =>
            ($"/f{random.Next(2)}.txt", string.Create(CultureInfo.InvariantCulture, $"step {step} of {mount} {new string('x', random.Next(40))}"));
    }
}
