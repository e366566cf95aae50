namespace ImageKitFs.Benchmarks.Scenarios;

/// <summary>Many small files copied into the library.</summary>
internal sealed class SmallFilesIn : Scenario
{
    public override string Name => "200 x 200 kB in";

    public override async Task RunAsync(Bench bench)
    {
        await bench.RunAsync("mkdir in; for i in $(seq 200); do head -c 200000 /dev/urandom >in/$i.jpg; done", bench.Root);
        await bench.MountAsync();
        await bench.MeasureAsync("cp -r", $"cp -r {bench.Root}/in a");
        await bench.MeasureAsync("cat * of what was written", "cat a/* >/dev/null");
        await bench.UnmountAsync();
        await bench.MountAsync();
        await bench.MeasureAsync("cat * after a remount", "cat a/* >/dev/null");
    }
}
