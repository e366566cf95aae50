using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support.Mounting;
using Xunit.Abstractions;

namespace ImageKitFs.Soak.Tests;

/// <summary>A mount that is used for long needs no more than one that is used for a while.</summary>
public sealed class MixedLoadTests(ITestOutputHelper output)
{
    /// <summary>Part of the run in which pools, caches and the collector find their size.</summary>
    private const double WarmUp = 0.4;

    /// <summary>Of the resident memory: what the collector leaves to chance.</summary>
    private const double Slack = 1.2;

    private const long SlackKilobytes = 16 << 10;

    /// <summary>Connections that come and go.</summary>
    private const int SlackDescriptors = 16;

    /// <summary>An hour with the long runs; else two minutes, beside the other tests.</summary>
    private static TimeSpan Duration => Environment.GetEnvironmentVariable("IMAGEKITFS_LONG") is { Length: > 0 } ? TimeSpan.FromHours(1) : TimeSpan.FromMinutes(2);

    private const string Load = """
        n=$1; d=work$((n % 7)); rm -rf $d; mkdir $d
        for i in 1 2 3 4 5 6 7 8; do head -c $((n * 7919 % 90000 + i * 1000)) /dev/urandom >$d/f$i; done
        cat $d/* | sha256sum >$d/sum; cp -r $d copy; cat copy/f? | sha256sum | cmp - $d/sum; rm -r copy
        echo changed >>$d/f1; echo saved >$d/.f2.tmp; mv $d/.f2.tmp $d/f2; [ "$(cat $d/f2)" = saved ]; mv $d/f3 $d/g3; truncate -s 100 $d/f4
        ls -lR . | wc -l >/dev/null
        folder=$(ls -d folder-* | sed -n "$((n % 20 + 1))p")
        cat $folder/* | wc -c >/dev/null
        for f in $folder/*; do head -c 5000 $f; done | wc -c >/dev/null
        head -c 3000000 big/* >/dev/null; tail -c 70000 big/* >/dev/null
        timeout -s INT 0.2 cat big/* >/dev/null || true
        python3 -c 'import mmap,sys; f=open(sys.argv[1],"rb"); m=mmap.mmap(f.fileno(),0,prot=mmap.PROT_READ); assert len(m[:])==f.seek(0,2)' $d/f8
        """;

    /// <remarks>The cache is smaller than what is read, so that it is filled and emptied all the time.</remarks>
    [SkippableFact]
    public async Task Memory_and_descriptors_stay_flat()
    {
        Skip.IfNot(MountedLibrary.IsPossible, "there is no /dev/fuse");
        await using MountedLibrary library = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 20, FilesPerFolder: 50, FileSize: 60_000), JobDuration = TimeSpan.FromMilliseconds(20) },
            options: ["--cache-size", "20M", "--dir-ttl", "5s"]);
        byte[] big = new byte[24_000_000];
        new Random(1).NextBytes(big);
        library.Emulator.Store.Put("/big/video.mp4", big);
        string script = library.PathOf("load.sh");
        await File.WriteAllTextAsync(script, Load);
        int server = library.ServerProcess();
        List<Usage> samples = [];
        var watch = System.Diagnostics.Stopwatch.StartNew();

        for (int round = 0; watch.Elapsed < Duration; round++)
        {
            (await library.RunAsync($"bash -eu -o pipefail {script} {round}")).Ended();
            samples.Add(Usage.Of(server));
            library.Emulator.ResetStats();
        }

        int warm = (int)(samples.Count * WarmUp);
        Usage before = Usage.Most(samples[..warm]);
        Usage after = Usage.Most(samples[warm..]);
        string said = string.Join('\n', samples);
        output.WriteLine(said);
        Assert.True(samples.Count >= 5, $"only {samples.Count} rounds");
        Assert.True(after.ResidentKilobytes <= (before.ResidentKilobytes * Slack) + SlackKilobytes, said);
        Assert.True(after.Descriptors <= before.Descriptors + SlackDescriptors, said);
        Assert.True(after.Threads <= before.Threads + SlackDescriptors, said);
        (await library.CommandAsync("sync", library.MountPoint)).Ended();
        await library.UnmountAsync();
    }

    /// <summary>What the serving process has.</summary>
    private sealed record Usage(long ResidentKilobytes, int Descriptors, int Threads)
    {
        public static Usage Of(int process)
        {
            Dictionary<string, string> status = File.ReadLines($"/proc/{process}/status").Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
            long Number(string key) => long.Parse(status[key].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0]);
            return new Usage(Number("VmRSS"), Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count(), (int)Number("Threads"));
        }

        public static Usage Most(List<Usage> samples) =>
            new(samples.Max(one => one.ResidentKilobytes), samples.Max(one => one.Descriptors), samples.Max(one => one.Threads));
    }
}
