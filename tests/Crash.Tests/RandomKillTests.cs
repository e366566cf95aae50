using System.Globalization;
using ImageKitFs.Crash.Tests.Support;
using ImageKitFs.Emulator;

namespace ImageKitFs.Crash.Tests;

/// <summary>docs/SEMANTICS.md 3, 6 and 7: killed at any instant and mounted again, every acknowledged byte and name is there or on its way.</summary>
public sealed class RandomKillTests
{
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private static bool IsLong => Environment.GetEnvironmentVariable("IMAGEKITFS_LONG") == "1";

    public static TheoryData<int> Seeds()
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("IMAGEKITFS_SEED"), CultureInfo.InvariantCulture, out int seed))
            return [seed];
        return IsLong ? [.. Enumerable.Range(1, 20)] : [1, 2, 3, 4];
    }

    [SkippableTheory]
    [MemberData(nameof(Seeds))]
    public async Task Nothing_acknowledged_is_lost_and_nothing_deleted_returns_when_the_process_is_killed(int seed)
    {
        Rig.RequireKernel();
        const int Kills = 10;
        Random random = new(seed);
        await using Rig rig = await Rig.StartAsync(new EmulatorOptions { Latency = TimeSpan.FromMilliseconds(4), JobDuration = TimeSpan.FromMilliseconds(50) });
        Workload workload = new(new Random(seed), rig.MountPoint, rig.Scratch);
        int kills = 0;
        List<string> owed = [];
        try
        {
            while (kills < Kills)
            {
                string commit = random.Next(2) == 0 ? "close" : "journal";
                if (random.Next(6) == 0)
                {
                    await KillWhileStartingAsync(rig, commit, random);
                    workload.Acknowledged = workload.Acknowledged.AfterKill();
                    owed = Verdict.NotStored(workload.Acknowledged, workload.Pending, rig.Emulator);
                    kills++;
                }

                await rig.MountAsync(commit);
                if (owed.Count > 0)
                    await SaysResumedAsync(rig, owed);
                await CheckAsync(rig, workload, isSynced: random.Next(3) == 0);
                await KillDuringAsync(rig, workload, TimeSpan.FromMilliseconds(random.Next(20, 700)));
                owed = Verdict.NotStored(workload.Acknowledged, workload.Pending, rig.Emulator);
                kills++;
            }

            await rig.MountAsync("close");
            await CheckAsync(rig, workload, isSynced: true);
            await rig.UnmountAsync();
        }
        catch (Exception failure)
        {
            Assert.Fail($"seed {seed}, after {kills} kills: {failure.Message}\n--- operations\n{workload.Tail()}\n--- program\n{rig.Tail()}\n--- {failure}");
        }
    }

    private static async Task SaysResumedAsync(Rig rig, List<string> owed)
    {
        Task said = await Task.WhenAny(rig.Resumed, Task.Delay(Hang));
        Assert.True(said == rig.Resumed, $"the mount did not say that anything is resumed, but the library lacked {string.Join(", ", owed)}");
    }

    private static async Task KillWhileStartingAsync(Rig rig, string commit, Random random)
    {
        rig.Launch(commit);
        await Task.Delay(random.Next(800));
        await rig.KillAsync(Task.CompletedTask);
    }

    private static async Task CheckAsync(Rig rig, Workload workload, bool isSynced)
    {
        World seen = await Task.Run(() => Verdict.Read(rig.MountPoint)).WaitAsync(Hang);
        workload.Acknowledged = Verdict.Resolve(workload.Acknowledged, workload.Pending, seen);
        workload.Pending = null;
        await Task.Run(() => workload.RemoveTemporary(seen.Files.Where(LocalNames.IsTemporary))).WaitAsync(Hang);
        if (!isSynced)
            return;
        workload.Note("sync");
        await rig.SyncAsync();
        workload.Acknowledged = Verdict.CheckLibrary(workload.Acknowledged, rig.Emulator);
    }

    private static async Task KillDuringAsync(Rig rig, Workload workload, TimeSpan after)
    {
        bool isKilled = false;
        Task working = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    while (true)
                        workload.DoOne();
                }
                catch (IOException) when (Volatile.Read(ref isKilled))
                {
                    // The mount died under it, as it should.
                }
            },
            TaskCreationOptions.LongRunning);
        await Task.WhenAny(working, Task.Delay(after));
        Volatile.Write(ref isKilled, true);
        await rig.KillAsync(working);
        workload.Note("--- killed");
        workload.Acknowledged = workload.Acknowledged.AfterKill();
        if (workload.Pending is { } pending)
            workload.Pending = pending with { After = pending.After.AfterKill() };
    }
}
