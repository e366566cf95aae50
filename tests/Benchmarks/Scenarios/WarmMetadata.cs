namespace ImageKitFs.Benchmarks.Scenarios;

/// <summary>What the kernel knows, asked for again: beside a native folder, and one through libfuse's C passthrough where it can be compiled.</summary>
internal sealed class WarmMetadata : Scenario
{
    private const string Source = "/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c";

    /// <summary>Long enough to be measured.</summary>
    private const int Rounds = 10;

    private static readonly (string Name, string Script)[] Programs =
    [
        ("find", "find . -type f"),
        ("find -size", "find . -type f -size +1000000"),
        ("ls -lR", "ls -lR ."),
        ("du", "du -s ."),
    ];

    public override string Name => "warm, 10 x 1000";

    public override string? Library => "10x1000";

    public override string[] MountOptions => ["--dir-ttl", "10m"];

    public override async Task RunAsync(Bench bench)
    {
        await bench.MeasureAsync("mount, empty cache", bench.MountAsync);
        await bench.MeasureAsync("idle for 3 s", () => Task.Delay(TimeSpan.FromSeconds(3)));
        await bench.MeasureAsync("ls -lR, cold", "ls -lR . | wc -l");
        string native = bench.NewFolder("native");
        await bench.TryRunAsync("cd native && for d in $(seq -w 10); do mkdir $d; (cd $d; seq -f 'file-%06g.jpg' 1000 | xargs touch); done");
        string through = bench.NewFolder("through");
        bool isThere = await bench.TryRunAsync($"gcc -O2 {Source} -o passthrough $(pkg-config --cflags --libs fuse3) && ./passthrough -o source=$PWD/native,cache=always,timeout=600 through");
        try
        {
            foreach ((string name, string script) in Programs)
            {
                string rounds = $"{script} >/dev/null; for i in $(seq {Rounds}); do {script} >/dev/null; done";
                await bench.MeasureAsync($"{name}, {Rounds} times", rounds);
                if (isThere)
                    await bench.MeasureAsync($"{name}, {Rounds} times, C passthrough", rounds, through);
                await bench.MeasureAsync($"{name}, {Rounds} times, native", rounds, native);
            }
        }
        finally
        {
            if (isThere)
                await bench.TryRunAsync("fusermount3 -u through");
        }
    }
}
