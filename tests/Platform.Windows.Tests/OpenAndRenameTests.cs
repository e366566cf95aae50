using ImageKitFs.Platform.Windows.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

public sealed class OpenAndRenameTests
{
    private const int Ok = 0;
    private const int NotFound = NtStatus.STATUS_OBJECT_NAME_NOT_FOUND;
    private const int NoPath = NtStatus.STATUS_OBJECT_PATH_NOT_FOUND;
    private const int Collision = NtStatus.STATUS_OBJECT_NAME_COLLISION;
    private const int NotFolder = NtStatus.STATUS_NOT_A_DIRECTORY;
    private const int Denied = NtStatus.STATUS_ACCESS_DENIED;

    [Fact]
    public async Task Every_disposition_answers_as_a_disk_does()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server =>
        {
            server.Store.Put("/file.txt", "x"u8);
            server.Store.Put("/folder/inner.txt", "y"u8);
        });
        (Disposition, string, bool IsFolder, int)[] matrix =
        [
            (Disposition.OpenExisting, @"\file.txt", false, Ok),
            (Disposition.OpenExisting, @"\FILE.TXT", false, Ok),
            (Disposition.OpenExisting, @"\file.txt", true, NotFolder),
            (Disposition.OpenExisting, @"\folder", true, Ok),
            (Disposition.OpenExisting, @"\folder\inner.txt", false, Ok),
            (Disposition.OpenExisting, @"\missing", false, NotFound),
            (Disposition.OpenExisting, @"\missing\x", false, NoPath),
            (Disposition.OpenExisting, @"\file.txt\x", false, NoPath),
            (Disposition.OpenExisting, @"\folder\missing", false, NotFound),
            (Disposition.CreateNew, @"\file.txt", false, Collision),
            (Disposition.CreateNew, @"\File.txt", false, Collision),
            (Disposition.CreateNew, @"\folder", true, Collision),
            (Disposition.CreateNew, @"\FOLDER", false, Collision),
            (Disposition.CreateNew, @"\missing\x", false, NoPath),
            (Disposition.CreateNew, @"\file.txt\x", false, NoPath),
            (Disposition.CreateNew, @"\new 1", false, Ok),
            (Disposition.CreateNew, @"\new folder", true, Ok),
            (Disposition.OpenAlways, @"\file.txt", false, Ok),
            (Disposition.OpenAlways, @"\new 2", false, Ok),
            (Disposition.CreateAlways, @"\new 3", false, Ok),
            (Disposition.CreateAlways, @"\New 3", false, Ok),
            (Disposition.TruncateExisting, @"\missing", false, NotFound),
            (Disposition.TruncateExisting, @"\file.txt", false, Ok),
        ];

        foreach ((Disposition disposition, string path, bool isFolder, int expected) in matrix)
        {
            (int status, FakeHandle? handle) = library.Fsd.Create(path, disposition, Access.Read, isDirectory: isFolder);
            Assert.True(expected == status, $"{disposition} {path}: 0x{status:X8}");
            if (handle is not null)
                library.Fsd.Close(handle);
        }

        Assert.Equal(0UL, library.Fsd.Find(@"\", "file.txt").Info.FileSize);
        Assert.Equal(0, library.Shim.OpenCount);
        Assert.Equal(["file.txt", "folder", "new 1", "new 2", "new 3", "new folder"], library.Names(@"\"));
    }

    [Fact]
    public async Task Overwriting_keeps_or_adds_attributes_as_asked()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync();
        library.CopyIn(@"\a.txt", "one");
        FakeHandle hide = library.Fsd.Open(@"\a.txt", Disposition.OpenExisting, Access.WriteAttributes);
        Assert.Equal(Ok, library.Fsd.SetBasicInfo(hide, attributes: FileAttributeBits.Hidden));
        library.Fsd.Close(hide);

        library.Fsd.Close(library.Fsd.Open(@"\a.txt", Disposition.TruncateExisting, Access.Write));
        Assert.Equal(FileAttributeBits.Hidden, library.Fsd.Find(@"\", "a.txt").Info.FileAttributes & FileAttributeBits.Hidden);
        library.Fsd.Close(library.Fsd.Open(@"\a.txt", Disposition.CreateAlways, Access.Write));
        Assert.Equal(0U, library.Fsd.Find(@"\", "a.txt").Info.FileAttributes & FileAttributeBits.Hidden);
    }

    [Theory]
    [InlineData(@"\a.txt", @"\b.txt", false, Collision)]
    [InlineData(@"\a.txt", @"\B.TXT", false, Collision)]
    [InlineData(@"\a.txt", @"\b.txt", true, Ok)]
    [InlineData(@"\a.txt", @"\A.TXT", false, Ok)]
    [InlineData(@"\a.txt", @"\a.txt", false, Ok)]
    [InlineData(@"\a.txt", @"\folder", false, Collision)]
    [InlineData(@"\a.txt", @"\folder", true, Denied)]
    [InlineData(@"\a.txt", @"\folder\c.txt", false, Ok)]
    [InlineData(@"\a.txt", @"\missing\c.txt", false, NoPath)]
    [InlineData(@"\folder", @"\b.txt", true, Denied)]
    [InlineData(@"\folder", @"\Folder", false, Ok)]
    [InlineData(@"\folder", @"\moved", false, Ok)]
    [InlineData(@"\folder", @"\folder\inside", false, NtStatus.STATUS_INVALID_PARAMETER)]
    public async Task Every_rename_answers_as_a_disk_does(string from, string to, bool replace, int expected)
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server =>
        {
            server.Store.Put("/a.txt", "a"u8);
            server.Store.Put("/b.txt", "b"u8);
            server.Store.Put("/folder/inner.txt", "i"u8);
        });

        Assert.Equal(expected, library.Move(from, to, replace));

        string name = to[(to.LastIndexOf('\\') + 1)..];
        string folder = to[..to.LastIndexOf('\\')];
        if (expected == Ok)
            Assert.Equal(replace ? name.ToLowerInvariant() : name, library.Fsd.Find(folder.Length == 0 ? @"\" : folder, name).Name);
        await library.Volume.SyncAsync();
        Assert.Equal(0, library.Shim.OpenCount);
    }

    [Fact]
    public async Task What_is_open_below_a_renamed_folder_goes_along()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/old/deep/x.txt", "1"u8));
        FakeHandle file = library.Fsd.Open(@"\old\deep\x.txt", Disposition.OpenExisting, Access.ReadWrite | Access.Delete);
        FakeHandle folder = library.Fsd.Open(@"\old", Disposition.OpenExisting, Access.Delete, isDirectory: true);

        // The driver refuses this while something below is open; the shim must not depend on it.
        Assert.Equal(Ok, library.Shim.Rename(folder.Node!, folder.Descriptor!, @"\old", @"\new", false));
        library.Fsd.Write(file, 0, "2"u8.ToArray());
        library.Fsd.Close(file);
        library.Fsd.Close(folder);

        Assert.Equal("2", library.Stored("/new/deep/x.txt"));
        Assert.Equal(Ok, library.Delete(@"\new\deep\x.txt"));
        Assert.Equal(NoPath, library.Fsd.Create(@"\old\deep\x.txt", Disposition.OpenExisting, Access.Read).Status);
    }

    [Fact]
    public async Task Names_that_windows_refuses_make_the_round_trip()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync();
        string shown = "what\uF03F a\uF03A";

        library.CopyIn($@"\{shown}", "odd");

        Assert.Equal([shown], library.Names(@"\"));
        Assert.Equal("odd", library.ReadText($@"\{shown}"));
        Assert.Equal("odd", System.Text.Encoding.UTF8.GetString(await library.Volume.ReadAsync("/what? a:")));
    }

    [Fact]
    public async Task Reserved_names_in_the_library_are_shown_reached_and_kept()
    {
        string[] reserved = ["CON.txt", "aux", "com1.tar.gz", "NUL.", "photo."];
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server =>
        {
            foreach (string name in reserved)
                server.Store.Put($"/{name}", "old"u8, new ImageKitFs.Emulator.PutOptions(KeepName: true));
        });

        List<string> shown = library.Names(@"\");
        foreach (string name in shown)
        {
            Assert.DoesNotContain(name, reserved);
            Assert.True(name[^1] is not ('.' or ' '));
            Assert.Equal("old", library.ReadText('\\' + name));
            library.CopyIn('\\' + name, "new");
        }

        Assert.Equal(reserved.Length, shown.Count);
        Assert.All(reserved, name => Assert.Equal("new", library.Stored($"/{name}")));
        Assert.Equal(reserved.Length, library.Emulator.Store.List().Count);
    }

    [Fact]
    public async Task A_name_that_differs_in_case_from_one_made_elsewhere_is_no_second_file()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/Photo.jpg", "one"u8));

        library.CopyIn(@"\PHOTO.JPG", "two");

        Assert.Equal(["Photo.jpg"], library.Names(@"\"));
        Assert.Equal("two", library.Stored("/Photo.jpg"));
        Assert.Equal(2, library.Emulator.Store.VersionsOf("/Photo.jpg").Count);
    }

    [Fact]
    public async Task Files_whose_names_differ_in_case_are_both_reached_and_the_choice_stays()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server =>
        {
            server.Store.Put("/Photo.jpg", "upper"u8);
            server.Store.Put("/photo.jpg", "lower"u8);
        });

        List<string> names = library.Names(@"\");
        await library.RemountAsync();

        Assert.Equal(2, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal(names, library.Names(@"\"));
        string second = '\\' + names.Single(name => name != "Photo.jpg");
        Assert.Equal(("upper", "lower"), (library.ReadText(@"\Photo.jpg"), library.ReadText(second)));
        library.CopyIn(second, "lower, changed");
        Assert.Equal(0, library.Delete(@"\Photo.jpg"));
        await library.Volume.SyncAsync();
        Assert.Equal((null, "lower, changed"), (library.Stored("/Photo.jpg"), library.Stored("/photo.jpg")));
    }

    [Fact]
    public async Task Every_file_has_the_owners_descriptor()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/a.txt", "x"u8));
        byte[] expected = SecurityDescriptors.For(Sid.Of("S-1-5-21-1-2-3-1001"), isReadOnly: false, allowOther: false).ToBytes();
        byte[]? byName = [];
        byte[]? none = null;
        byte[] byHandle = [];

        Assert.Equal(Ok, library.Shim.GetSecurityByName(@"\a.txt", out uint attributes, ref byName));
        Assert.Equal(Ok, library.Shim.GetSecurityByName(@"\", out uint root, ref none));
        FakeHandle handle = library.Fsd.Open(@"\a.txt", Disposition.OpenExisting, Access.Read);
        Assert.Equal(Ok, library.Shim.GetSecurity(handle.Node!, handle.Descriptor!, ref byHandle));
        library.Fsd.Close(handle);

        Assert.Equal(expected, byName);
        Assert.Equal(expected, byHandle);
        Assert.Null(none);
        Assert.Equal((FileAttributeBits.NotContentIndexed, FileAttributeBits.NotContentIndexed | FileAttributeBits.Directory), (attributes, root));
    }
}
