using System.Globalization;
using ImageKitFs.Crash.Tests.Support;
using ImageKitFs.Emulator;

namespace ImageKitFs.Crash.Tests;

/// <summary>
/// docs/SEMANTICS.md 1, 3 and 7: programs work on a mount whose service fails now and then, and notice nothing. What they were told is in the library
/// afterwards: under its own name, once, and with no more versions than there were commits.
/// </summary>
public sealed class FaultWorkloadTests
{
    /// <summary>Operations after one of each kind.</summary>
    private const int MoreOperations = 15;

    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    /// <summary>The requests that such a mount sends.</summary>
    private static readonly string[] Kinds =
    [
        EndpointKind.List, EndpointKind.Details, EndpointKind.Upload, EndpointKind.Rename, EndpointKind.Move, EndpointKind.Delete, EndpointKind.BulkDelete,
        EndpointKind.FolderCreate, EndpointKind.FolderDelete, EndpointKind.JobStart, EndpointKind.Job, EndpointKind.Delivery,
    ];

    private static readonly string[] Faults = ["reset", "reset-after", "status:500", "throttle:100", "stall:300", "truncate"];

    private static readonly string[] MoreFaults = ["status-after:500", "html:502", "status:503", "stall:5000"];

    private static bool IsLong => Environment.GetEnvironmentVariable("IMAGEKITFS_LONG") == "1";

    private static int Seed => int.TryParse(Environment.GetEnvironmentVariable("IMAGEKITFS_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 1;

    public static TheoryData<string, string> AllKindsAtOnce() => Combine(IsLong ? [.. Faults, .. MoreFaults] : Faults);

    public static TheoryData<string, string> EachKindAlone() => Combine(Kinds.SelectMany(_ => Faults, (kind, fault) => $"{kind}={fault}"));

    [SkippableTheory]
    [MemberData(nameof(AllKindsAtOnce))]
    public Task Requests_of_every_kind_fail_now_and_then(string fault, string commit) =>
        // The second and third request of each kind, and one in ten of the rest.
        RunAsync(string.Join(';', Kinds.Select(kind => $"{kind}+1*2={fault};{kind}+1%10={fault}")), commit, new EmulatorOptions { JobDuration = TimeSpan.FromMilliseconds(50) });

    [SkippableTheory]
    [Trait("Run", "Long")]
    [MemberData(nameof(EachKindAlone))]
    public Task Requests_of_one_kind_fail_often(string rule, string commit) =>
        RunAsync(rule.Replace("=", "%40=", StringComparison.Ordinal), commit, new EmulatorOptions { JobDuration = TimeSpan.FromMilliseconds(50) });

    [SkippableTheory]
    [InlineData("close")]
    [InlineData("journal")]
    public Task Listings_lag_by_fifteen_seconds(string commit) =>
        RunAsync("", commit, new EmulatorOptions { ListingLag = TimeSpan.FromSeconds(15), JobDuration = TimeSpan.FromMilliseconds(50) }, listingTtl: "1s");

    [SkippableTheory]
    [InlineData("close")]
    [InlineData("journal")]
    public Task Jobs_stay_pending_and_do_their_work_bit_by_bit(string commit) =>
        RunAsync("", commit, new EmulatorOptions { JobDuration = TimeSpan.FromSeconds(4), PartialJobs = true }, listingTtl: "1s");

    private static TheoryData<string, string> Combine(IEnumerable<string> faults)
    {
        TheoryData<string, string> cases = [];
        foreach (string fault in faults)
        {
            cases.Add(fault, "close");
            cases.Add(fault, "journal");
        }

        return cases;
    }

    private static async Task RunAsync(string rules, string commit, EmulatorOptions options, string? listingTtl = null)
    {
        Rig.RequireKernel();
        for (int seed = Seed; seed < Seed + (IsLong ? 3 : 1); seed++)
            await RunAsync(rules, commit, options with { Seed = seed }, listingTtl, seed);
    }

    private static async Task RunAsync(string rules, string commit, EmulatorOptions options, string? listingTtl, int seed)
    {
        await using Rig rig = await Rig.StartAsync(options, listingTtl);
        Workload workload = new(new Random(seed), rig.MountPoint, rig.Scratch);
        // Not where they lag: no listing would show them yet.
        foreach (string name in options.ListingLag > TimeSpan.Zero ? (string[])[] : ["seen/one", "seen/two", "three"])
            workload.Acknowledged = workload.Acknowledged.Mkdir(Path.GetDirectoryName(name)!).Put(name, rig.Put(name));
        try
        {
            await rig.MountAsync(commit);
            rig.Emulator.Faults.Replace(rules);
            await Task.Run(() =>
            {
                workload.DoEach();
                for (int i = 0; i < MoreOperations; i++)
                    workload.DoOne();
            }).WaitAsync(Hang);
            workload.Note("read all");
            World seen = await Task.Run(() => Verdict.Read(rig.MountPoint)).WaitAsync(Hang);
            Verdict.Resolve(workload.Acknowledged, pending: null, seen);
            if (rules.Length > 0)
                Assert.NotEqual(0, rig.Emulator.Faults.Fired);
            rig.Emulator.Faults.Clear();
            await rig.SyncAsync();
            Verdict.CheckLibrary(workload.Acknowledged, rig.Emulator);
            await rig.UnmountAsync();
        }
        catch (Exception failure)
        {
            Assert.Fail($"seed {seed}: {failure.Message}\n--- operations\n{workload.Tail()}\n--- program\n{rig.Tail()}\n--- {failure}");
        }
    }
}
