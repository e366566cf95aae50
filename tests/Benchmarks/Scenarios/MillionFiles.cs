namespace ImageKitFs.Benchmarks.Scenarios;

/// <summary>A large library, walked by a program that asks for names and by one that asks for everything.</summary>
internal sealed class MillionFiles : Scenario
{
    public override string Name => "1000 x 1000";

    public override string? Library => "1000x1000";

    // A walk of a million takes longer than the default on a small machine.
    public override string[] MountOptions => ["--dir-ttl", "10m"];

    public override async Task RunAsync(Bench bench)
    {
        await bench.MountAsync();
        await bench.MeasureAsync("find, cold", "find . -type f | wc -l");
        await bench.MeasureAsync("find, warm", "find . -type f | wc -l");
        await bench.MeasureAsync("ls -lR, warm", "ls -lR . | wc -l");
        await bench.UnmountAsync();
        await bench.MeasureAsync("mount again", bench.MountAsync);
        await bench.MeasureAsync("find of what was kept", "find . -type f | wc -l");
    }
}
