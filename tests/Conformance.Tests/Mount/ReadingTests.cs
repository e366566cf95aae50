using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

/// <summary>What programs read, and what of it crosses the line.</summary>
public sealed class ReadingTests
{
    private const int Files = 200;

    [SkippableTheory]
    [InlineData("cp -r $folder $out/", false)]
    [InlineData("cat $folder/* >$out/all", false)]
    [InlineData("tar cf $out/tar $folder", true)]
    [InlineData("rsync -a $folder $out/", false)]
    public async Task Copying_200_files_out_is_one_request_each(string copy, bool opensFilesTwice)
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 2, Files, FileSize: 200_000), Latency = TimeSpan.FromMilliseconds(5) }, options: ["--dir-ttl", "10m"]);
        string output = Directory.CreateDirectory(library.PathOf("out")).FullName;
        (await library.RunAsync("ls -lR . >/dev/null")).Ended();
        library.Emulator.ResetStats();

        (await library.RunAsync($"out={output}; folder=folder-00000; {copy}")).Ended();
        long requests = library.Emulator.Stats.Count(EndpointKind.Delivery);
        (await library.RunAsync("for f in folder-00001/*; do head -c 65536 $f; done | wc -c")).Ended();

        // Some look at the first file before they read it.
        Assert.InRange(requests, Files, opensFilesTwice ? Files + 5 : Files);
        Assert.Equal(requests + Files, library.Emulator.Stats.Total);
        Assert.InRange(library.Emulator.Stats.DeliveryBytes, 1, (Files * 200_000) + 13_110_000);
    }

    [SkippableFact]
    public async Task Head_and_tail_of_a_large_file_move_less_than_a_mebibyte()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 2, FilesPerFolder: 2, FileSize: 200_000_000) }, options: ["--dir-ttl", "10m"]);
        (await library.RunAsync("ls -lR . >/dev/null")).Ended();
        library.Emulator.ResetStats();

        string bytes = (await library.RunAsync("f=$(ls -d folder-00000/* | head -1); (head -c 200000 $f; tail -c 200000 $f) | wc -c")).Ended().Text;

        Assert.Equal("400000", bytes);
        Assert.InRange(library.Emulator.Stats.DeliveryBytes, 400_000, 1 << 20);
    }

    [SkippableFact]
    public async Task What_was_read_is_read_again_without_a_request_also_after_a_remount()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 1, FilesPerFolder: 20, FileSize: 3_000_000) }, options: ["--dir-ttl", "10m"]);
        string folder = (await library.RunAsync("ls")).Ended().Text;
        string sums = (await library.RunAsync("sha256sum *", folder)).Ended().Text;
        library.Emulator.ResetStats();

        string again = (await library.RunAsync("sha256sum *", folder)).Ended().Text;
        string mapped = (await library.RunAsync("python3 -c 'import mmap,hashlib,glob\nfor n in sorted(glob.glob(\"*\")):\n f=open(n,\"rb\"); m=mmap.mmap(f.fileno(),0,prot=mmap.PROT_READ); print(hashlib.sha256(m).hexdigest()+\"  \"+n)'", folder)).Ended().Text;
        long requests = library.Emulator.Stats.Count(EndpointKind.Delivery);
        await library.RemountAsync();
        string remounted = (await library.RunAsync("sha256sum *", folder)).Ended().Text;

        Assert.Equal(sums, again);
        Assert.Equal(sums, mapped);
        Assert.Equal(0, requests);
        Assert.Equal(sums, remounted);
        Assert.Equal(0, library.Emulator.Stats.Count(EndpointKind.Delivery));
    }

    [SkippableFact]
    public async Task A_read_that_is_interrupted_stops_its_fetch()
    {
        Kernel.Require();
        const long Size = 100_000_000;
        await using MountedLibrary library = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 1, FilesPerFolder: 2, FileSize: Size), BytesPerSecond = 500_000 }, options: ["--dir-ttl", "10m"]);
        string folder = (await library.RunAsync("ls")).Ended().Text;

        ShellResult interrupted = await library.RunAsync("f=$(ls | head -1); timeout -s INT 1.5 cat $f >/dev/null", folder);

        // Sixteen connections would go on with 8 MB/s. Whoever reads the other file meanwhile has the line for himself.
        (await library.RunAsync("f=$(ls | tail -1); head -c 1000000 $f >/dev/null", folder)).Ended();
        Assert.Equal(124, interrupted.ExitCode);
        Assert.InRange(library.Emulator.Stats.DeliveryBytes, 1, Size / 4);
    }

    [SkippableFact]
    public async Task An_open_file_keeps_its_version_to_the_end_while_the_name_shows_the_new_one()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(mount: false, options: ["--dir-ttl", "1s"]);
        byte[] old = new byte[3_000_000];
        byte[] newer = new byte[old.Length];
        new Random(3).NextBytes(old);
        new Random(4).NextBytes(newer);
        library.Emulator.Store.Put("/picture", old);
        await library.MountAsync();
        string marker = library.PathOf("go");

        Task<ShellResult> reader = library.RunAsync($"exec 3<picture; head -c 100000 <&3 >{library.PathOf("old")}; touch {marker}-on; until [ -e {marker} ]; do sleep 0.02; done; cat <&3 >>{library.PathOf("old")}");
        Assert.True(SpinWait.SpinUntil(() => File.Exists(marker + "-on"), TimeSpan.FromMinutes(1)));
        library.Emulator.Store.Put("/picture", newer);
        (await library.RunAsync($"until cat picture | cmp -s - {Write(library, "newer", newer)}; do sleep 0.1; done")).Ended();
        File.WriteAllText(marker, "");
        (await reader).Ended();

        Assert.Equal(old, File.ReadAllBytes(library.PathOf("old")));
    }

    [SkippableFact]
    public async Task A_cache_folder_deleted_under_the_mount_costs_requests_only()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 1, FilesPerFolder: 30, FileSize: 300_000) }, options: ["--dir-ttl", "10m"]);
        string folder = (await library.RunAsync("ls")).Ended().Text;
        string sums = (await library.RunAsync("sha256sum *", folder)).Ended().Text;

        Directory.Delete(library.PathOf("cache"), recursive: true);
        string after = (await library.RunAsync("sha256sum *; sha256sum * >/dev/null; ls | wc -l >/dev/null; echo new >written; cat written >/dev/null; rm written", folder)).Ended().Text;

        Assert.Equal(sums, after);
    }

    [SkippableFact]
    public async Task A_walk_through_a_rate_limit_gets_everything()
    {
        Kernel.Require();
        await using MountedLibrary library = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 12, FilesPerFolder: 1500), RateLimits = true, ReadsPerSecond = 10, ReadBurst = 5 },
            options: ["--dir-ttl", "10m"]);

        string count = (await library.RunAsync("find . -type f | wc -l")).Ended().Text;

        Assert.Equal("18000", count);
    }

    private static string Write(MountedLibrary library, string name, byte[] content)
    {
        File.WriteAllBytes(library.PathOf(name), content);
        return library.PathOf(name);
    }
}
