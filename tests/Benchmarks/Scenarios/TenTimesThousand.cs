namespace ImageKitFs.Benchmarks.Scenarios;

/// <summary>The tree that the direct peer takes 133 requests and 8 s for.</summary>
internal sealed class TenTimesThousand : Scenario
{
    public override string Name => "ls -lR 10 x 1000";

    public override string? Library => "10x1000";

    public override async Task RunAsync(Bench bench)
    {
        await bench.MeasureAsync("mount, empty cache", bench.MountAsync);
        await bench.MeasureAsync("cold", "ls -lR . | wc -l");
        await bench.MeasureAsync("warm", "ls -lR . | wc -l");
    }
}
