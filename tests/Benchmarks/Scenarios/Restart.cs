namespace ImageKitFs.Benchmarks.Scenarios;

/// <summary>Mounted again: what was listed before shows at once, while it is listed anew.</summary>
internal sealed class Restart : Scenario
{
    public override string Name => "restart, 100 x 100";

    public override string? Library => "100x100";

    // What was kept is older than this, so that it is shown and refreshed.
    public override string[] MountOptions => ["--dir-ttl", "1s"];

    public override async Task RunAsync(Bench bench)
    {
        await bench.MountAsync();
        await bench.MeasureAsync("first run, ls -lR", "ls -lR . | wc -l");
        await bench.UnmountAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        await bench.MeasureAsync("mount", bench.MountAsync);
        await bench.MeasureAsync("ls -lR of what was kept", "ls -lR . | wc -l");
    }
}
