using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

/// <summary>An account that stores mtimes (`imagekitfs setup-mtime`), and real rsync on two machines.</summary>
public sealed class StoredTimesTests
{
    private const int Files = 50;

    [SkippableFact]
    public async Task A_second_rsync_sends_nothing_also_after_a_remount_and_from_another_machine()
    {
        Kernel.Require();
        await using MountedLibrary one = await MountedLibrary.StartAsync(options: ["--dir-ttl", "10m"]);
        (await one.CommandAsync("setup-mtime", "--yes")).Ended();
        string source = await MakeSourceAsync(one);
        await one.SettleAsync();

        (await one.RunAsync($"rsync -a {source}/ there/")).Ended();
        await one.SettleAsync();
        string again = (await one.RunAsync($"rsync -aiO {source}/ there/")).Ended().Text;
        await one.RemountAsync();
        string remounted = (await one.RunAsync($"rsync -aiO {source}/ there/")).Ended().Text;
        // Another cache folder: all that it knows is what the account stores. Modes and owners are kept on each machine (17).
        await using MountedLibrary two = await MountedLibrary.StartAsync(share: one.Emulator, options: ["--dir-ttl", "10m"]);
        string elsewhere = (await two.RunAsync($"rsync -rtiO {source}/ there/")).Ended().Text;

        Assert.Equal(("", "", ""), (again, remounted, elsewhere));
        Assert.Equal((0, 0), (one.Emulator.Stats.Count(EndpointKind.Upload), one.Emulator.Stats.Count(EndpointKind.Update)));
    }

    [SkippableFact]
    public async Task Times_set_afterwards_cost_one_request_a_file_and_reach_the_other_machine()
    {
        Kernel.Require();
        await using MountedLibrary one = await MountedLibrary.StartAsync(options: ["--dir-ttl", "10m"]);
        (await one.CommandAsync("setup-mtime", "--yes")).Ended();
        string source = await MakeSourceAsync(one);
        (await one.RunAsync($"cp -r {source} there")).Ended();
        await one.SettleAsync();

        // The files differ in their times alone: rsync sets them, several times over, and sends no bytes.
        (await one.RunAsync($"rsync -a --size-only {source}/ there/; touch -d 2001-02-03 there/file1; touch -r {source}/file1 there/file1")).Ended();
        (await one.CommandAsync("sync", one.MountPoint)).Ended();
        await using MountedLibrary two = await MountedLibrary.StartAsync(share: one.Emulator);
        string elsewhere = (await two.RunAsync($"rsync -rtiO {source}/ there/")).Ended().Text;

        Assert.Equal("", elsewhere);
        Assert.Equal((0, Files), (one.Emulator.Stats.Count(EndpointKind.Upload), one.Emulator.Stats.Count(EndpointKind.Update)));
    }

    private static async Task<string> MakeSourceAsync(MountedLibrary library)
    {
        string source = library.PathOf("source");
        (await library.RunAsync($"mkdir {source}; for i in $(seq {Files}); do echo $i >{source}/file$i; touch -d @$((1500000000 + i * 86400)).123456789 {source}/file$i; done")).Ended();
        return source;
    }
}
