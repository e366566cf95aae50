using ImageKitFs.Core.Config;
using ImageKitFs.Emulator;
using Xunit;

namespace ImageKitFs.Model.Tests;

/// <summary>The real engine over HTTP against a reference tree, in several kinds of world. IMAGEKITFS_LONG=1 runs many more seeds.</summary>
public sealed class ModelTests
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("IMAGEKITFS_LONG") == "1";

    // A first seed of its own, to run one seed again or to look further.
    private static readonly int First = int.TryParse(Environment.GetEnvironmentVariable("IMAGEKITFS_SEED"), out int seed) ? seed : 1;

    private static readonly int? Count = int.TryParse(Environment.GetEnvironmentVariable("IMAGEKITFS_SEEDS"), out int count) ? count : null;

    [Fact]
    public Task The_volume_behaves_as_a_disk() => RunAsync(new ModelSettings { Steps = 80 }, seeds: 8);

    [Fact]
    public Task The_volume_behaves_as_a_disk_when_every_lookup_lists() =>
        RunAsync(new ModelSettings { Mount = options => options with { DirectoryTtl = TimeSpan.Zero } }, seeds: 6);

    [Fact]
    public Task The_volume_behaves_as_a_disk_with_the_journal_alone_acknowledging() =>
        RunAsync(new ModelSettings { Mount = Journaled, SharedNames = true }, seeds: 6);

    [Fact]
    public Task What_was_acknowledged_survives_a_kill() => RunAsync(new ModelSettings { Kills = true }, seeds: 6);

    [Fact]
    public Task What_the_journal_acknowledged_survives_a_kill() => RunAsync(new ModelSettings { Kills = true, Mount = Journaled }, seeds: 6);

    [Fact]
    public Task Changes_made_by_others_are_seen() =>
        RunAsync(new ModelSettings { Strangers = true, Mount = options => options with { DirectoryTtl = TimeSpan.Zero } }, seeds: 4);

    [Fact]
    public Task Lagging_listings_do_not_show() =>
        RunAsync(
            new ModelSettings
            {
                Emulator = new EmulatorOptions { JobDuration = TimeSpan.Zero, ListingLagCalls = 4 },
                Mount = options => options with { DirectoryTtl = TimeSpan.Zero },
            },
            seeds: 4);

    [Fact]
    public Task Moved_files_may_change_their_ids() =>
        RunAsync(
            new ModelSettings
            {
                Emulator = new EmulatorOptions { JobDuration = TimeSpan.Zero, MoveChangesFileId = true },
                Mount = options => options with { DirectoryTtl = TimeSpan.Zero },
            },
            seeds: 4);

    [Fact]
    public Task Nothing_is_lost_when_one_request_in_ten_fails() =>
        RunAsync(
            new ModelSettings
            {
                Faults = "any%3=status:500;any%2=reset;any%3=reset-after;any%2=throttle:20",
                Mount = Journaled,
                Steps = 40,
            },
            seeds: 6);

    private static MountOptions Journaled(MountOptions options) => options with { Commit = CommitMode.Journal, RenameWait = TimeSpan.Zero };

    /// <summary>Every seed is run, so that one failure does not hide how many there are</summary>
    private static async Task RunAsync(ModelSettings settings, int seeds)
    {
        List<ModelFailure> failures = [];
        for (int seed = First; seed < First + (Count ?? (IsLong ? seeds * 20 : seeds)); seed++)
        {
            try
            {
                await ModelRun.RunAsync(settings, seed);
            }
            catch (ModelFailure failure)
            {
                failures.Add(failure);
            }
        }

        if (failures.Count == 0)
            return;
        Assert.Fail(string.Join("\n\n", failures.Select(failure => failure.Message)));
    }
}
