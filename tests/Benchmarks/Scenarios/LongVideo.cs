namespace ImageKitFs.Benchmarks.Scenarios;

/// <summary>A video of 2 GB: its start, a jump, all of it with a cache that holds half of it.</summary>
internal sealed class LongVideo : Scenario
{
    public override string Name => "2 GB video";

    public override string? Library => "1x2x2000000000";

    public override string[] MountOptions => ["--cache-size", "4G"];

    public override async Task RunAsync(Bench bench)
    {
        await bench.MountAsync();
        string[] files = (await bench.RunAsync("ls */*.png || ls *.png")).Split('\n');
        await bench.MeasureAsync("first 128 KiB", $"dd if={files[0]} of=/dev/null bs=128K count=1 status=none");
        await bench.MeasureAsync("128 KiB in the middle", $"dd if={files[0]} of=/dev/null bs=128K count=1 skip=8000 status=none");
        await bench.MeasureAsync("all of it", $"dd if={files[1]} of=/dev/null bs=1M status=none");
    }
}
