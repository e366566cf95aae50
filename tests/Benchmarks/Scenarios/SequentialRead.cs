namespace ImageKitFs.Benchmarks.Scenarios;

/// <summary>A large file from start to end, and the same bytes by parallel ranges of curl.</summary>
/// <param name="megabytes">Its size.</param>
/// <param name="bytesPerSecond">Of each connection; null for as fast as it goes.</param>
internal sealed class SequentialRead(int megabytes, string? bytesPerSecond) : Scenario
{
    private long Size => megabytes * 1_000_000L;

    public override string Name => bytesPerSecond is null ? $"{megabytes} MB" : $"{megabytes} MB, {bytesPerSecond} a connection";

    public override string? Library => $"2x3x{Size}";

    public override string[] EmulatorOptions => bytesPerSecond is null ? [] : ["--bandwidth", bytesPerSecond];

    public override async Task RunAsync(Bench bench)
    {
        await bench.MountAsync();
        string[] files = (await bench.RunAsync("ls -d folder-00000/*")).Split('\n');
        await bench.MeasureAsync("curl, 16 ranges at once", CurlOf(bench, files[1]), bench.Root);
        await bench.MeasureAsync("cold, dd", $"dd if={files[0]} of=/dev/null bs=1M status=none");
        await bench.MeasureAsync("again", $"dd if={files[0]} of=/dev/null bs=1M status=none");
        await bench.MeasureAsync("and again", $"dd if={files[0]} of=/dev/null bs=1M status=none");
        await bench.UnmountAsync();
        await bench.MountAsync();
        await bench.RunAsync("ls -lR .");
        await bench.MeasureAsync("after a remount", $"dd if={files[0]} of=/dev/null bs=1M status=none");
        await bench.MeasureAsync("head and tail of another", $"head -c 65536 {files[2]} | wc -c; tail -c 65536 {files[2]} | wc -c");
    }

    private string CurlOf(Bench bench, string file) => $$"""
        size={{Size}}; n=16; part=$((size / n))
        for i in $(seq 0 $((n - 1))); do
            [ $i -eq 0 ] || echo next
            printf 'url = "%s"\nrange = "%d-%d"\noutput = "part%d"\nno-progress-meter\n' '{{bench.DeliveryUrl}}/{{file}}?tr=orig-true&updatedAt=1' $((i * part)) $((i == n - 1 ? size - 1 : (i + 1) * part - 1)) $i
        done >curl.conf
        curl --no-progress-meter --parallel --parallel-max $n --parallel-immediate --config curl.conf
        [ "$(cat part* | wc -c)" = $size ] && rm part*
        """;
}
