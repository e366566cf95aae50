using System.Diagnostics;

namespace ImageKitFs.Benchmarks.Scenarios;

/// <summary>What is known and cached, against a file system in C that passes everything on to a local folder: libfuse's example, as Debian ships it.</summary>
internal sealed class AgainstPassthrough : Scenario
{
    private const string Source = "/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c";
    private const string Walk = "for i in 1 2 3 4 5 6 7 8 9 10; do find . -printf '%s %p\\n'; done | wc -l";
    private const string ReadAll = "for i in 1 2 3 4 5; do dd if=file of=/dev/null bs=1M status=none; done";
    private const string ReadRandom = "fio --name=random --filename=file --readonly --rw=randread --bs=4k --size=200M --io_size=200M --randrepeat=1 --ioengine=psync --minimal >/dev/null";

    public override string Name => "C passthrough";

    public override string? Library => "10x1000x1000";

    public override string[] MountOptions => ["--dir-ttl", "10m"];

    public override async Task RunAsync(Bench bench)
    {
        string local = Directory.CreateDirectory(Path.Combine(bench.Root, "local")).FullName;
        string through = Directory.CreateDirectory(Path.Combine(bench.Root, "through")).FullName;
        await bench.RunAsync("for d in 0 1 2 3 4 5 6 7 8 9; do mkdir $d; for i in $(seq 1000); do echo >$d/$i; done; done; head -c 200M /dev/urandom >file", local);
        await bench.RunAsync($"gcc -O2 {Source} $(pkg-config fuse3 --cflags --libs) -o passthrough", bench.Root);
        using Process other = Process.Start(Path.Combine(bench.Root, "passthrough"), ["-f", "-o", $"source={local},cache=always,timeout=600", through]);
        try
        {
            await bench.MountAsync();
            await bench.RunAsync($"cp {local}/file file; ls -lR . >/dev/null");
            await bench.RunAsync("until [ -e file ]; do sleep 0.01; done; ls -lR . >/dev/null", through);
            foreach ((string what, string script) in ((string, string)[])[("10 x find in 10 x 1000", Walk), ("5 x 200 MB cached", ReadAll), ("51,200 random reads of 4 KiB", ReadRandom)])
            {
                foreach ((string name, string? folder) in ((string, string?)[])[("local disk", local), ("C", through), ("imagekitfs", null)])
                {
                    await bench.RunAsync(script, folder);
                    await bench.MeasureAsync($"{what}, {name}", script, folder);
                }
            }
        }
        finally
        {
            await bench.RunAsync($"fusermount3 -u {through}", bench.Root);
            await other.WaitForExitAsync();
        }
    }
}
