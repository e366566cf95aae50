using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Renditions;
using ImageKitFs.Core.Tests.Renditions;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

public sealed class ThumbnailFillerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Who_opens_a_folder_finds_the_users_own_thumbnails_filled_and_again_costs_nothing()
    {
        string thumbnails = "";
        // A clock that stands still: patience does not end on a slow machine.
        await using TestVolume volume = await TestVolume.StartAsync(
            time: new ManualTimeProvider(),
            configure: options => options with
            {
                MountPoint = "/mnt/media",
                ThumbnailFolder = thumbnails = Path.Combine(Path.GetDirectoryName(options.CacheDirectory)!, "thumbnails"),
            },
            seed: server =>
            {
                for (int i = 0; i < 10; i++)
                    server.Store.Put($"/p/a {i}.png", SamplePictures.Png(600, 300));
                server.Store.Put("/p/text.txt", "text"u8);
            });

        await volume.ListAsync("/p");

        PersonalThumbnails filled = new(thumbnails);
        for (int i = 0; i < 10; i++)
        {
            Timestamp modified = (await volume.LookupAsync($"/p/a {i}.png")).Attr.Modified;
            foreach (string size in PersonalThumbnails.Sizes)
                Assert.True(filled.Has($"/mnt/media/p/a {i}.png", modified, size));
        }

        Assert.Equal(20, Directory.GetFiles(thumbnails, "*", SearchOption.AllDirectories).Length);
        Assert.Equal((20, 0), (volume.Emulator.Stats.Count("delivery"), volume.Emulator.Stats.OriginalBytes));
        volume.Emulator.ResetStats();
        await volume.ListAsync("/p");
        Assert.Equal(0, volume.Emulator.Stats.Total);
    }

    [Fact]
    public async Task A_service_that_is_slow_holds_up_a_folder_for_a_moment_only()
    {
        ManualTimeProvider clock = new();
        await using TestVolume volume = await TestVolume.StartAsync(
            time: clock,
            configure: options => options with { MountPoint = "/mnt/media", ThumbnailFolder = Path.Combine(Path.GetDirectoryName(options.CacheDirectory)!, "thumbnails") },
            seed: server => server.Store.Put("/p/a.png", SamplePictures.Png(600, 300)));
        volume.Emulator.Faults.Replace("delivery=stall:3600000");

        Task<List<string>> listing = volume.ListAsync("/p");
        await clock.UntilTimerAsync(due => due == Patience);
        bool isWaiting = !listing.IsCompleted;
        clock.Advance(Patience);

        Assert.Equal(["a.png"], await listing.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(isWaiting);
    }
}
