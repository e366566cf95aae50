using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

/// <summary>What real programs cost in requests. The numbers are ceilings of the design.</summary>
public sealed class RequestBudgetTests(RequestBudgetTests.Fixture mount) : IClassFixture<RequestBudgetTests.Fixture>
{
    private const int Files = 200;

    private MountedLibrary Library => mount.Library;

    [SkippableFact]
    public async Task Mounting_with_an_empty_cache_and_the_first_ls_take_one_request()
    {
        Kernel.Require();
        await using MountedLibrary fresh = await MountedLibrary.StartAsync();

        (await fresh.RunAsync("ls -la .")).Ended();

        AssertRequests(fresh, (EndpointKind.List, 1));
    }

    [SkippableFact]
    public async Task A_cold_ls_lR_lists_each_folder_once_and_a_warm_one_nothing()
    {
        Kernel.Require();
        await using MountedLibrary fresh = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 10, FilesPerFolder: 1000) }, options: ["--dir-ttl", "10m"]);

        string cold = (await fresh.RunAsync("ls -lR . | sha256sum")).Ended().Text;
        long requests = fresh.Emulator.Stats.Total;
        fresh.Emulator.ResetStats();
        string warm = (await fresh.RunAsync("ls -lR . | sha256sum; find . -type f | wc -l")).Ended().Text;

        Assert.InRange(requests, 1, 21);
        Assert.Equal($"{cold}\n10000", warm);
        AssertRequests(fresh);
    }

    [SkippableFact]
    public async Task Cp_r_of_200_files_is_200_uploads_and_reading_them_back_is_nothing()
    {
        string source = MakeFiles("cp");
        await Library.SettleAsync();

        (await Library.RunAsync($"cp -r {source} cp && diff -r {source} cp && cat cp/* | wc -c")).Ended();

        AssertRequests(Library, (EndpointKind.Upload, Files));
    }

    [SkippableFact]
    public async Task Rsync_a_of_200_files_is_200_uploads_and_again_nothing_also_after_a_remount()
    {
        string source = MakeFiles("rsync");
        await Library.SettleAsync();

        (await Library.RunAsync($"rsync -a {source}/ rsync/")).Ended();
        AssertRequests(Library, (EndpointKind.Upload, Files));
        string again = (await Library.RunAsync($"rsync -ai {source}/ rsync/")).Ended().Text;
        await Library.RemountAsync();
        string remounted = (await Library.RunAsync($"rsync -ai {source}/ rsync/")).Ended().Text;

        Assert.Equal("", again);
        Assert.Equal("", remounted);
        Assert.Equal(Files, Library.Emulator.Stats.Count(EndpointKind.Upload));
    }

    [SkippableFact]
    public async Task An_overwrite_a_save_by_rename_and_an_editor_are_one_upload_each()
    {
        (await Library.RunAsync("mkdir save; echo one >save/f")).Ended();
        string id = Library.Emulator.Store.IdOf("/save/f")!;
        foreach (string save in (string[])
        [
            "echo two >save/f", "echo three >save/.f.tmp; mv save/.f.tmp save/f", "sed -i s/three/four/ save/f",
            "vi -es -u NONE -c 'set backup writebackup backupcopy=no' -c '%s/four/five/' -c wq save/f",
        ])
        {
            await Library.SettleAsync();

            (await Library.RunAsync(save)).Ended();
            (await Library.CommandAsync("sync", Library.MountPoint)).Ended();

            AssertRequests(Library, (EndpointKind.Upload, 1));
            Assert.Equal(id, Library.Emulator.Store.IdOf("/save/f"));
        }

        Assert.Equal("five\n"u8.ToArray(), Library.Emulator.Store.Read("/save/f"));
    }

    [SkippableFact]
    public async Task Mv_of_a_committed_file_takes_one_two_or_three_requests()
    {
        (await Library.RunAsync("mkdir -p mv/to; echo 1 >mv/a; echo 2 >mv/b; echo 3 >mv/to/x; echo 4 >mv/same; echo 5 >mv/over")).Ended();

        await Library.SettleAsync();
        (await Library.RunAsync("mv mv/a mv/c")).Ended();
        (await Library.CommandAsync("sync", Library.MountPoint)).Ended(); // Within a folder it is held for a moment.
        AssertRequests(Library, (EndpointKind.Rename, 1));

        await Library.SettleAsync();
        (await Library.RunAsync("mv mv/same mv/to/")).Ended();
        AssertRequests(Library, (EndpointKind.Move, 1));

        await Library.SettleAsync();
        (await Library.RunAsync("mv mv/b mv/to/d")).Ended();
        AssertRequests(Library, (EndpointKind.Move, 1), (EndpointKind.Rename, 1));

        await Library.SettleAsync();
        (await Library.RunAsync("mv mv/over mv/c")).Ended();
        Assert.InRange(Library.Emulator.Stats.Total, 1, 3);
        Assert.Equal("5\n"u8.ToArray(), Library.Emulator.Store.Read("/mv/c"));
    }

    [SkippableFact]
    public async Task Rm_r_of_a_folder_of_200_takes_at_most_three_requests()
    {
        (await Library.RunAsync($"cp -r {MakeFiles("rm")} rm")).Ended();
        await Library.SettleAsync();

        (await Library.RunAsync("rm -r rm")).Ended();
        (await Library.CommandAsync("sync", Library.MountPoint)).Ended();

        Assert.InRange(Library.Emulator.Stats.Total, 1, 3);
        Assert.False(Library.Emulator.Store.Exists("/rm"));
    }

    [SkippableFact]
    public async Task Rm_r_of_a_folder_of_2000_takes_at_most_24_requests()
    {
        Kernel.Require();
        await using MountedLibrary fresh = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 1, FilesPerFolder: 2000, FileSize: 1000) }, options: ["--dir-ttl", "10m"]);
        string folder = Path.GetFileName((await fresh.RunAsync("ls -d */")).Ended().Text.TrimEnd('/'));
        (await fresh.RunAsync("ls >/dev/null", folder)).Ended();
        fresh.Emulator.ResetStats();

        (await fresh.RunAsync($"rm -r {folder}")).Ended();
        (await fresh.CommandAsync("sync", fresh.MountPoint)).Ended();

        Assert.InRange(fresh.Emulator.Stats.Total, 1, 24);
        Assert.False(fresh.Emulator.Store.Exists("/" + folder));
    }

    [SkippableFact]
    public async Task Folders_that_receive_files_cost_nothing()
    {
        await Library.SettleAsync();

        (await Library.RunAsync("mkdir -p nest/{1..50}/{a,b}; for folder in nest/*/*; do echo $folder >$folder/file; done")).Ended();
        (await Library.CommandAsync("sync", Library.MountPoint)).Ended();

        AssertRequests(Library, (EndpointKind.Upload, 100));
    }

    [SkippableFact]
    public async Task Saves_by_way_of_a_backup_name_are_one_upload_of_the_same_file()
    {
        (await Library.RunAsync("mkdir backup; echo one >backup/f")).Ended();
        string id = Library.Emulator.Store.IdOf("/backup/f")!;
        foreach (string save in (string[])
        [
            "vi -es -u NONE -c 'set nobackup writebackup backupcopy=no' -c '%s/^.*$/two/' -c wq backup/f",
            "mv backup/f backup/f~; echo two >backup/f; rm backup/f~",
            "echo two >backup/~WRD0001.tmp; mv backup/f backup/~WRL0002.tmp; mv backup/~WRD0001.tmp backup/f; rm backup/~WRL0002.tmp",
            "perl -i -pe 's/.*/two/' backup/f",
        ])
        {
            await Library.SettleAsync();

            (await Library.RunAsync(save)).Ended();
            (await Library.CommandAsync("sync", Library.MountPoint)).Ended();

            AssertRequests(Library, (EndpointKind.Upload, 1));
            Assert.Equal(id, Library.Emulator.Store.IdOf("/backup/f"));
            Assert.Equal("two\n"u8.ToArray(), Library.Emulator.Store.Read("/backup/f"));
            Assert.Equal("f\n", (await Library.RunAsync("ls backup")).Ended().Text + "\n");
        }
    }

    [SkippableFact]
    public async Task Head_of_200_pictures_reads_only_their_heads()
    {
        Kernel.Require();
        await using MountedLibrary fresh = await MountedLibrary.StartAsync(
            new EmulatorOptions { Synthetic = new SyntheticLibrary(Folders: 1, FilesPerFolder: Files, FileSize: 200_000) }, options: ["--dir-ttl", "10m"]);
        string first = Path.GetFileName((await fresh.RunAsync("ls -d */")).Ended().Text.TrimEnd('/'));
        (await fresh.RunAsync("ls -l . >/dev/null", first)).Ended();
        fresh.Emulator.ResetStats();

        string bytes = (await fresh.RunAsync("for f in *; do head -c 65536 \"$f\"; done | wc -c", first)).Ended().Text;

        Assert.Equal((Files * 65536).ToString(), bytes);
        AssertRequests(fresh, (EndpointKind.Delivery, Files));
        Assert.InRange(fresh.Emulator.Stats.DeliveryBytes, 1, 13_110_000);
    }

    private static void AssertRequests(MountedLibrary library, params (string Kind, long Count)[] expected)
    {
        Dictionary<string, long> asked = new(library.Emulator.Stats.ByKind, StringComparer.Ordinal);
        Assert.Equal(string.Join(' ', expected.Order()), string.Join(' ', asked.Select(pair => (pair.Key, pair.Value)).Order()));
    }

    /// <summary>200 files of 10 kB each on the local disk.</summary>
    private string MakeFiles(string name)
    {
        string folder = Directory.CreateDirectory(Library.PathOf("source-" + name)).FullName;
        Random random = new(Files);
        byte[] content = new byte[10_000];
        for (int i = 0; i < Files; i++)
        {
            random.NextBytes(content);
            File.WriteAllBytes(Path.Combine(folder, $"image{i}.jpg"), content);
        }

        return folder;
    }

    /// <summary>A mount whose listings stay fresh for the whole class.</summary>
    public sealed class Fixture : MountFixture
    {
        protected override string[] Options => ["--dir-ttl", "10m"];
    }
}
