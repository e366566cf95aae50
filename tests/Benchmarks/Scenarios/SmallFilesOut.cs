namespace ImageKitFs.Benchmarks.Scenarios;

/// <summary>Many small files copied out of the library.</summary>
internal sealed class SmallFilesOut : Scenario
{
    public override string Name => "200 x 200 kB out";

    public override string? Library => "5x200x200000";

    public override async Task RunAsync(Bench bench)
    {
        await bench.MountAsync();
        await bench.RunAsync("ls -lR .");
        await bench.MeasureAsync("cp -r", $"cp -r folder-00000 {bench.Root}/out");
        await bench.MeasureAsync("cat *", "cat folder-00001/* >/dev/null");
        await bench.MeasureAsync("tar", $"tar cf {bench.Root}/out.tar folder-00002");
        await bench.MeasureAsync("rsync -a", $"rsync -a folder-00003 {bench.Root}/out/");
        await bench.MeasureAsync("first 64 KiB of each", "for f in folder-00004/*; do head -c 65536 $f; done >/dev/null");
        await bench.MeasureAsync("cp -r again", $"cp -r folder-00000 {bench.Root}/again");
    }
}
