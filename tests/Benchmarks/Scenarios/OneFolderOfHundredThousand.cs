namespace ImageKitFs.Benchmarks.Scenarios;

/// <summary>One large folder.</summary>
internal sealed class OneFolderOfHundredThousand : Scenario
{
    public override string Name => "ls -l 1 x 100,000";

    public override string? Library => "1x100000";

    public override async Task RunAsync(Bench bench)
    {
        await bench.MountAsync();
        await bench.MeasureAsync("cold", "ls -l folder-00000 | wc -l");
        await bench.MeasureAsync("warm", "ls -l folder-00000 | wc -l");
    }
}
