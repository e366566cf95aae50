namespace ImageKitFs.Benchmarks.Scenarios;

/// <summary>Many small folders.</summary>
internal sealed class HundredTimesHundred : Scenario
{
    public override string Name => "ls -lR 100 x 100";

    public override string? Library => "100x100";

    public override async Task RunAsync(Bench bench)
    {
        await bench.MountAsync();
        await bench.MeasureAsync("cold", "ls -lR . | wc -l");
        await bench.MeasureAsync("warm", "ls -lR . | wc -l");
    }
}
