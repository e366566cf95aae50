using System.Text;
using ImageKitFs.Platform.Windows.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

/// <summary>What programs do, in the order in which the driver passes it on: winfsp.md section 5.</summary>
public sealed class ProgramSequenceTests
{
    // 2025-03-04T05:06:07Z, with the 100 ns that FAT would lose.
    private const ulong SomeTime = 133_855_167_670_000_001;

    [Fact]
    public async Task Copying_a_file_in_stores_it_with_its_time_in_one_upload()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync();
        byte[] content = Bytes(seed: 1, length: (2 << 20) + 77);

        library.CopyIn(@"\photo.jpg", content, SomeTime);

        Assert.Equal(content, library.Emulator.Store.Read("/photo.jpg"));
        Assert.Equal(1, library.Uploads);
        Assert.Equal(SomeTime, library.Fsd.Find(@"\", "photo.jpg").Info.LastWriteTime);
        Assert.Equal(
            ["GetSecurityByName", "GetSecurityByName", "Create", "SetFileSize", "Write", "Write", "Write", "SetBasicInfo", "Cleanup", "Close"],
            library.Fsd.Calls.Take(10));
    }

    [Fact]
    public async Task Explorer_pastes_lists_and_renames()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync();
        Assert.Equal(0, library.MakeFolder(@"\New folder"));
        Assert.Equal(0, library.Move(@"\New folder", @"\Holiday"));
        library.CopyIn(@"\Holiday\a.jpg", "beach");
        library.CopyIn(@"\Holiday\a - Copy.jpg", "beach");

        Assert.Equal(0, library.Move(@"\Holiday\a - Copy.jpg", @"\Holiday\B.jpg"));
        Assert.Equal(0, library.Move(@"\Holiday\B.jpg", @"\Holiday\b.jpg"));

        Assert.Equal(["a.jpg", "b.jpg"], library.Names(@"\Holiday"));
        await library.Volume.SyncAsync();
        Assert.Equal("beach", library.Stored("/Holiday/b.jpg"));
        Assert.Null(library.Stored("/Holiday/B.jpg"));
        Assert.Equal(2, library.Uploads);
    }

    [Fact]
    public async Task Notepad_saves_a_shorter_text_without_the_old_tail()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/note.txt", "a long first version"u8));
        FakeHandle reading = library.Fsd.Open(@"\note.txt", Disposition.OpenExisting, Access.Read, Share.Read);
        Assert.Equal("a long first version", Encoding.UTF8.GetString(library.Fsd.ReadAll(reading)));
        library.Fsd.Close(reading);
        string? id = library.Emulator.Store.IdOf("/note.txt");

        FakeHandle saving = library.Fsd.Open(@"\NOTE.TXT", Disposition.OpenAlways, Access.ReadWrite, Share.Read);
        library.Fsd.Write(saving, 0, "short"u8.ToArray());
        Assert.Equal(0, library.Fsd.SetSize(saving, 5));
        library.Fsd.Close(saving);

        Assert.Equal("short", library.Stored("/note.txt"));
        Assert.Equal(id, library.Emulator.Store.IdOf("/note.txt"));
        Assert.Equal(1, library.Uploads);
    }

    [Fact]
    public async Task Robocopy_finds_nothing_to_copy_the_second_time_also_after_a_remount()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync();
        Dictionary<string, (long Size, ulong Time)> source = [];
        Assert.Equal(0, library.MakeFolder(@"\backup"));
        for (int i = 0; i < 20; i++)
        {
            byte[] content = Bytes(i, 100 + i);
            ulong time = SomeTime + ((ulong)i * 10_000_001);
            library.CopyIn($@"\backup\file {i}.bin", content, time);
            source[$"file {i}.bin"] = (content.Length, time);
        }

        Assert.Empty(ToCopy());
        await library.Volume.SyncAsync();
        await library.RemountAsync();
        Assert.Empty(ToCopy());
        Assert.Equal(20, library.Uploads);

        IEnumerable<string> ToCopy()
        {
            Dictionary<string, (long, ulong)> target = library.Fsd.List(@"\backup").Where(row => row.Name is not ("." or ".."))
                .ToDictionary(row => row.Name, row => ((long)row.Info.FileSize, row.Info.LastWriteTime));
            return source.Where(file => !target.TryGetValue(file.Key, out (long, ulong) there) || there != file.Value).Select(file => file.Key);
        }
    }

    [Fact]
    public async Task Del_and_rmdir_remove_a_tree_and_a_full_folder_is_refused()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server =>
        {
            server.Store.Put("/a/b/one.txt", "1"u8);
            server.Store.Put("/a/two.txt", "2"u8);
        });

        Assert.Equal(NtStatus.STATUS_DIRECTORY_NOT_EMPTY, library.Delete(@"\a", isDirectory: true));
        Assert.Equal(0, library.Delete(@"\a\b\one.txt"));
        Assert.Equal(0, library.Delete(@"\a\b", isDirectory: true));
        Assert.Equal(0, library.Delete(@"\a\two.txt"));
        Assert.Equal(0, library.Delete(@"\a", isDirectory: true));

        Assert.Equal(NtStatus.STATUS_OBJECT_PATH_NOT_FOUND, library.Delete(@"\a\b\one.txt"));
        Assert.Empty(library.Names(@"\"));
        await library.Volume.SyncAsync();
        Assert.Empty(library.Emulator.Store.List());
    }

    [Fact]
    public async Task A_read_only_file_is_not_deleted_until_the_attribute_is_gone()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/keep.txt", "x"u8));
        FakeHandle handle = library.Fsd.Open(@"\keep.txt", Disposition.OpenExisting, Access.Delete | Access.WriteAttributes);
        Assert.Equal(0, library.Fsd.SetBasicInfo(handle, attributes: 0x1));

        Assert.Equal(NtStatus.STATUS_CANNOT_DELETE, library.Shim.CanDelete(handle.Node!, handle.Descriptor!, handle.Path));
        Assert.Equal(NtStatus.STATUS_ACCESS_DENIED, library.Fsd.Create(@"\keep.txt", Disposition.OpenExisting, Access.Write).Status);
        Assert.Equal(0, library.Fsd.SetBasicInfo(handle, attributes: 0x80));
        Assert.Equal(0, library.Fsd.SetDelete(handle));
        library.Fsd.Close(handle);

        Assert.Equal(NtStatus.STATUS_OBJECT_NAME_NOT_FOUND, library.Fsd.Create(@"\keep.txt", Disposition.OpenExisting, Access.Read).Status);
    }

    [Fact]
    public async Task Delete_on_close_sends_nothing_and_a_folder_that_was_filled_stays()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/full/x.txt", "x"u8));
        (_, FakeHandle? temporary) = library.Fsd.Create(@"\scratch.dat", Disposition.CreateNew, Access.ReadWrite | Access.Delete, Share.None, deleteOnClose: true);
        library.Fsd.Write(temporary!, 0, "gone soon"u8.ToArray());

        library.Fsd.Close(temporary!);
        (_, FakeHandle? folder) = library.Fsd.Create(@"\full", Disposition.OpenExisting, Access.Delete, isDirectory: true, deleteOnClose: true);
        library.Fsd.Close(folder!);

        Assert.DoesNotContain("SetDelete", library.Fsd.Calls);
        Assert.Equal(["full"], library.Names(@"\"));
        await library.Volume.SyncAsync();
        Assert.Equal(0, library.Uploads);
        Assert.Equal("x", library.Stored("/full/x.txt"));
    }

    [Fact]
    public async Task A_deleted_file_stays_readable_until_its_last_handle_closes()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/film.mp4", "scene"u8));
        FakeHandle player = library.Fsd.Open(@"\film.mp4", Disposition.OpenExisting, Access.Read);

        Assert.Equal(0, library.Delete(@"\film.mp4"));

        Assert.Equal(NtStatus.STATUS_DELETE_PENDING, library.Fsd.Create(@"\film.mp4", Disposition.OpenExisting, Access.Read).Status);
        Assert.Equal("scene", Encoding.UTF8.GetString(library.Fsd.ReadAll(player)));
        library.Fsd.Close(player);
        Assert.Equal(NtStatus.STATUS_OBJECT_NAME_NOT_FOUND, library.Fsd.Create(@"\film.mp4", Disposition.OpenExisting, Access.Read).Status);
        await library.Volume.SyncAsync();
        Assert.Null(library.Stored("/film.mp4"));
    }

    [Fact]
    public async Task A_sharing_violation_leaves_no_trace()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/a.txt", "theirs"u8));
        FakeHandle reader = library.Fsd.Open(@"\a.txt", Disposition.OpenExisting, Access.Read, Share.Read);
        int open = library.Shim.OpenCount;

        // Each is opened by us and closed again without a Cleanup; the file must not have been emptied.
        Assert.Equal(NtStatus.STATUS_SHARING_VIOLATION, library.Fsd.Create(@"\a.txt", Disposition.CreateAlways, Access.Write).Status);
        Assert.Equal(NtStatus.STATUS_SHARING_VIOLATION, library.Fsd.Create(@"\a.txt", Disposition.OpenExisting, Access.ReadWrite).Status);
        Assert.Equal("Close", library.Fsd.Calls[^1]);

        Assert.Equal(open, library.Shim.OpenCount);
        Assert.Equal("theirs", Encoding.UTF8.GetString(library.Fsd.ReadAll(reader)));
        library.Fsd.Close(reader);
        await library.Volume.SyncAsync();
        Assert.Equal(0, library.Uploads);
        Assert.Equal(0, library.Shim.OpenCount);
    }

    [Fact]
    public async Task Echo_appends_at_the_end_whatever_the_offset_says()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync(server => server.Store.Put("/log.txt", "one\n"u8));
        FakeHandle first = library.Fsd.Open(@"\log.txt", Disposition.OpenAlways, Access.Append);
        FakeHandle second = library.Fsd.Open(@"\log.txt", Disposition.OpenAlways, Access.Append);

        library.Fsd.Write(first, null, "two\n"u8.ToArray());
        library.Fsd.Write(second, null, "three\n"u8.ToArray());
        library.Fsd.Write(first, null, "four\n"u8.ToArray());
        library.Fsd.Close(first);
        Assert.Equal(0, library.Uploads); // The other one has written too: it commits for both.
        library.Fsd.Close(second);

        Assert.Equal("one\ntwo\nthree\nfour\n", library.Stored("/log.txt"));
        Assert.Equal(1, library.Uploads);
    }

    [Fact]
    public async Task Empty_files_are_made_and_kept()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync();

        library.Fsd.Close(library.Fsd.Open(@"\New Text Document.txt", Disposition.CreateNew, Access.Read));
        await library.RemountAsync();

        Assert.Equal(["New Text Document.txt"], library.Names(@"\"));
        Assert.Equal(0UL, library.Fsd.Find(@"\", "new text document.TXT").Info.FileSize);
    }

    [Fact]
    public async Task Litter_of_explorer_and_office_is_never_uploaded()
    {
        await using WindowsLibrary library = await WindowsLibrary.StartAsync();

        foreach ((int folder, string name) in ((string[])["Thumbs.db", "thumbs.db", "desktop.ini", "Desktop.ini", "~$plan.docx"]).Index())
        {
            Assert.Equal(0, library.MakeFolder($@"\{folder}"));
            library.CopyIn($@"\{folder}\{name}", "litter");
            Assert.Equal("litter", library.ReadText($@"\{folder}\{name}"));
        }

        Assert.Equal(NtStatus.STATUS_ACCESS_DENIED, library.MakeFolder(@"\$RECYCLE.BIN"));
        Assert.Equal(NtStatus.STATUS_ACCESS_DENIED, library.MakeFolder(@"\$Recycle.Bin"));
        await library.Volume.SyncAsync();
        Assert.Equal(0, library.Uploads);
    }

    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
