using ImageKitFs.Core.FileSystem;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Tree;

/// <summary>What a walk through many folders costs, through the real engine and real HTTP. The ceilings are those of the design.</summary>
public sealed class WalkTests
{
    [Fact]
    public async Task Ten_folders_of_a_thousand_files_cost_at_most_21_requests_and_again_none()
    {
        await using TestVolume volume = await StartAsync(new SyntheticLibrary(Folders: 10, FilesPerFolder: 1000));

        Assert.Equal(10_000, await WalkAsync(volume, "/"));
        Assert.InRange(volume.Emulator.Stats.Total, 1, 21);

        volume.Emulator.ResetStats();
        Assert.Equal(10_000, await WalkAsync(volume, "/"));
        Assert.Equal(0, volume.Emulator.Stats.Total);
    }

    [Theory]
    [InlineData(0)] // 10,000 rows: at most 16
    [InlineData(20)]
    [InlineData(85)]
    [InlineData(86)]
    [InlineData(87)]
    [InlineData(150)] // 102
    public async Task A_hundred_folders_of_a_hundred_files_cost_the_smaller_of_102_and_a_request_a_thousand_rows(int othersOfThousand)
    {
        // The others lie elsewhere: the walk is through a mounted folder that holds the hundred.
        await using TestVolume volume = await StartAsync(new SyntheticLibrary(othersOfThousand, 1000, Parent: "/others"), "/mine", Seed);
        int rows = volume.Emulator.Store.List().Count;

        Assert.Equal(10_000, await WalkAsync(volume, "/"));

        Assert.InRange(volume.Emulator.Stats.Total, 1, Math.Min(102, (rows / 1000) + 6));

        static void Seed(EmulatorServer emulator)
        {
            for (int file = 0; file < 10_000; file++)
                emulator.Store.Put($"/mine/folder{file / 100}/{file % 100}.bin", [1]);
        }
    }

    private static Task<TestVolume> StartAsync(SyntheticLibrary library, string folder = "/", Action<EmulatorServer>? seed = null) => TestVolume.StartAsync(
        new EmulatorOptions { Synthetic = library }, options => options with { DirectoryTtl = TimeSpan.FromMinutes(10), Folder = folder }, seed: seed);

    /// <summary>Opens every folder, depth first, as find and ls -R do.</summary>
    /// <returns>How many files there are.</returns>
    private static async Task<int> WalkAsync(TestVolume volume, string path)
    {
        int files = 0;
        foreach (DirEntry entry in await volume.ReadDirAsync(path))
            files += entry.Kind == FileKind.File ? 1 : await WalkAsync(volume, path == "/" ? "/" + entry.Name : $"{path}/{entry.Name}");
        return files;
    }
}
