using System.Text;
using ImageKitFs.Emulator;
using ImageKitFs.Platform.Windows.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

public sealed class FolderTests
{
    [Fact]
    public async Task A_cold_folder_of_a_thousand_files_costs_one_request_and_is_answered_later()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server =>
        {
            for (int i = 0; i < 500; i++)
                server.Store.Put($"/many/file {i:000}.txt", Encoding.UTF8.GetBytes($"{i}"), new PutOptions(KeepName: true));
        });
        library.Emulator.ResetStats();

        List<ListedName> rows = library.Fsd.List(@"\many");

        Assert.Equal([".", ".."], rows.Take(2).Select(row => row.Name));
        Assert.Equal(502, rows.Count);
        Assert.Equal(1, library.Fsd.Pended);
        Assert.Equal(1, library.Emulator.Stats.Total);
        Assert.Equal(3UL, rows.Single(row => row.Name.Contains("123", StringComparison.Ordinal)).Info.FileSize);
        Assert.Equal(502, library.Fsd.List(@"\many").Count);
        Assert.Equal(1, library.Emulator.Stats.Total);
    }

    [Fact]
    public async Task Tiny_pages_with_deletes_and_new_files_between_them_give_each_name_once()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server =>
        {
            for (int i = 0; i < 40; i++)
                server.Store.Put($"/f/{i:00}.txt", "x"u8);
        });
        int next = 0;

        // One or two records fit: each page ends at a marker, which is deleted before the next one is asked for.
        List<ListedName> rows = library.Fsd.List(@"\f", bufferBytes: 300, afterPage: marker =>
        {
            if (marker is "." or "..")
                return;
            Assert.Equal(0, library.Delete($@"\f\{marker}"));
            library.CopyIn($@"\f\new {next++}.txt", "n");
        });

        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i:00}.txt").Prepend("..").Prepend("."), rows.Select(row => row.Name));
    }

    [Fact]
    public async Task One_exact_name_is_found_in_any_case_and_missing_names_cost_nothing()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/Photos/Beach.JPG", "x"u8));
        _ = library.Names(@"\Photos");
        library.Emulator.ResetStats();

        Assert.Equal((0, "Beach.JPG"), (library.Fsd.Find(@"\photos", "BEACH.jpg") is var found ? found.Status : 0, found.Name));
        foreach (string probe in (string[])["desktop.ini", "Thumbs.db", "folder.jpg", "autorun.inf"])
            Assert.Equal(NtStatus.STATUS_OBJECT_NAME_NOT_FOUND, library.Fsd.Find(@"\Photos", probe).Status);

        Assert.Equal(0, library.Emulator.Stats.Total);
        Assert.Equal(0, library.Shim.OpenCount);
    }

    [Fact]
    public async Task A_file_opened_in_another_case_is_reported_under_its_stored_name()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/Photos/Beach.JPG", "x"u8));

        FakeHandle handle = library.Fsd.Open(@"\PHOTOS\beach.jpg", Disposition.OpenExisting, Access.Read);

        Assert.Equal(@"\Photos\Beach.JPG", handle.Path);
        library.Fsd.Close(handle);
    }

    [Fact]
    public async Task Open_windows_are_told_what_somebody_else_changed()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(
            server =>
            {
                server.Store.Put("/shared/gone.txt", "1"u8);
                server.Store.Put("/shared/stays.txt", "2"u8);
            },
            settings => settings with { WatchInterval = TimeSpan.FromMilliseconds(50) },
            options => options with { DirectoryTtl = TimeSpan.FromMilliseconds(10) });
        library.Fsd.BusyNotifies = 1;
        _ = library.Fsd.List(@"\shared");
        FakeHandle window = library.Fsd.Open(@"\shared", Disposition.OpenExisting, Access.Read, isDirectory: true);
        FakeHandle open = library.Fsd.Open(@"\shared\gone.txt", Disposition.OpenExisting, Access.Read);

        library.Emulator.Store.Put("/shared/Fresh.txt", "3"u8);
        NameChange added = await library.Fsd.ToldAsync();
        library.Emulator.Store.Delete("/shared/gone.txt");
        NameChange removed = await library.Fsd.ToldAsync();
        library.Emulator.Store.Put("/shared/stays.txt", "another size"u8);
        NameChange changed = await library.Fsd.ToldAsync();

        Assert.Equal(new NameChange(@"\shared\Fresh.txt", NameChangeKind.Added, IsFolder: false), added);
        Assert.Equal(new NameChange(@"\shared\gone.txt", NameChangeKind.Removed, IsFolder: false), removed);
        Assert.Equal(new NameChange(@"\shared\stays.txt", NameChangeKind.Modified, IsFolder: false), changed);
        Assert.Equal(["Fresh.txt", "stays.txt"], library.Names(@"\shared"));
        Assert.Equal("another size", library.ReadText(@"\shared\stays.txt"));
        library.Fsd.Close(open);
        library.Fsd.Close(window);
    }
}
