using System.Security.AccessControl;
using ImageKitFs.Core.Config;
using ImageKitFs.Emulator;
using ImageKitFs.Platform.Windows.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

/// <summary>Saves by way of other names: whatever the order of renames, one upload and no other request, and the file stays the same file.</summary>
public sealed class OfficeSaveTests
{
    private const string Document = @"\report.docx";
    private const string Stored = "/report.docx";

    [Fact]
    public Task Word_renames_the_document_aside_and_the_new_one_into_its_place() => AssertOneVersionAsync(library =>
    {
        FakeHandle owner = library.Fsd.Open(@"\~$report.docx", Disposition.CreateNew, Access.ReadWrite, attributes: FileAttributeBits.Hidden);
        library.Fsd.Write(owner, 0, "me"u8.ToArray());
        WriteTemporary(library, @"\~WRD0001.tmp");
        Assert.Equal(0, library.Move(Document, @"\~WRL0002.tmp"));
        Assert.Equal(0, library.Move(@"\~WRD0001.tmp", Document));
        Assert.Equal(0, library.Delete(@"\~WRL0002.tmp"));
        library.Fsd.Close(owner);
        Assert.Equal(0, library.Delete(@"\~$report.docx"));
    });

    [Fact]
    public Task ReplaceFile_with_a_backup_that_is_deleted_afterwards() => AssertOneVersionAsync(library =>
    {
        WriteTemporary(library, @"\F00DBABE.tmp");
        ReplaceFile(library, @"\F00DBABE.tmp", backup: @"\report.docx~RF5e1c2.TMP");
        Assert.Equal(0, library.Delete(@"\report.docx~RF5e1c2.TMP"));
    });

    [Fact]
    public Task ReplaceFile_without_a_backup_by_a_rename_over_the_document() => AssertOneVersionAsync(library =>
    {
        WriteTemporary(library, @"\F00DBABE.tmp");
        ReplaceFile(library, @"\F00DBABE.tmp", backup: null);
    });

    [Fact]
    public Task An_older_editor_deletes_the_document_and_renames_the_new_one() => AssertOneVersionAsync(library =>
    {
        WriteTemporary(library, @"\~new.tmp");
        Assert.Equal(0, library.Delete(Document));
        Assert.Equal(0, library.Move(@"\~new.tmp", Document));
    });

    [Fact]
    public Task The_document_is_renamed_aside_and_written_anew_in_its_place() => AssertOneVersionAsync(library =>
    {
        Assert.Equal(0, library.Move(Document, @"\report.bak"));
        FakeHandle fresh = library.Fsd.Open(Document, Disposition.CreateNew, Access.ReadWrite, Share.None);
        library.Fsd.Write(fresh, 0, "new text"u8.ToArray());
        library.Fsd.Close(fresh);
        Assert.Equal(0, library.Delete(@"\report.bak"));
    });

    [Fact]
    public async Task A_backup_that_is_kept_becomes_a_file_of_its_own_with_the_old_text()
    {
        await using WindowsLibrary library = await StartAsync(CommitMode.Close);
        string? id = library.Emulator.Store.IdOf(Stored);
        WriteTemporary(library, @"\F00DBABE.tmp");

        ReplaceFile(library, @"\F00DBABE.tmp", backup: @"\Backup of report.docx");
        await library.Volume.SyncAsync();

        Assert.Equal(id, library.Emulator.Store.IdOf(Stored));
        Assert.Equal("new text", library.Stored(Stored));
        Assert.Equal("old", library.ReadText(@"\Backup of report.docx"));
        Assert.Equal(2, library.Uploads);
    }

    [Fact]
    public async Task What_a_crash_interrupts_after_the_last_rename_is_sent_by_the_next_mount()
    {
        await using WindowsLibrary library = await StartAsync(CommitMode.Journal);
        string? id = library.Emulator.Store.IdOf(Stored);
        library.Emulator.Faults.Replace("upload=reset");
        WriteTemporary(library, @"\~WRD0001.tmp");
        Assert.Equal(0, library.Move(Document, @"\~WRL0002.tmp"));
        Assert.Equal(0, library.Move(@"\~WRD0001.tmp", Document));

        await library.CrashAsync();

        Assert.Equal("new text", library.ReadText(Document));
        Assert.Equal(0, library.Delete(@"\~WRL0002.tmp"));
        await library.Volume.SyncAsync();
        Assert.Equal("new text", library.Stored(Stored));
        Assert.Equal(id, library.Emulator.Store.IdOf(Stored));
        Assert.Equal([Stored], Files(library));
    }

    private static async Task AssertOneVersionAsync(Action<WindowsLibrary> save)
    {
        foreach (CommitMode commit in Enum.GetValues<CommitMode>())
        {
            await using WindowsLibrary library = await StartAsync(commit);
            string? id = library.Emulator.Store.IdOf(Stored);
            Assert.Equal("old", library.ReadText(Document)); // The program has it open, or has read it.
            library.Emulator.ResetStats();

            save(library);

            Assert.Equal(["report.docx"], library.Names(@"\"));
            Assert.Equal("new text", library.ReadText(Document));
            await library.Volume.SyncAsync();
            Assert.Equal("new text", library.Stored(Stored));
            Assert.Equal(id, library.Emulator.Store.IdOf(Stored));
            IReadOnlyList<LibraryVersion> versions = library.Emulator.Store.VersionsOf(Stored);
            Assert.Equal(2, versions.Count);
            Assert.Equal(["signed"], versions.Single(version => version.IsCurrent).Tags);
            Assert.Equal([Stored], Files(library));
            Assert.Equal(new Dictionary<string, long> { ["upload"] = 1 }, library.Emulator.Stats.ByKind.Where(kind => kind.Value > 0));
        }
    }

    private static Task<WindowsLibrary> StartAsync(CommitMode commit) => WindowsLibrary.StartAsync(
        server => server.Store.Put(Stored, "old"u8, new PutOptions(Tags: ["signed"])), options: mount => mount with { Commit = commit });

    private static void WriteTemporary(WindowsLibrary library, string path)
    {
        FakeHandle temporary = library.Fsd.Open(path, Disposition.CreateNew, Access.ReadWrite | Access.Delete, Share.None);
        library.Fsd.Write(temporary, 0, "new text"u8.ToArray());
        Assert.Equal(0, library.Fsd.Flush(temporary));
        library.Fsd.Close(temporary);
    }

    /// <summary>Opens both, gives the new one the old one's attributes and descriptor, and renames; both stay open until the end.</summary>
    private static void ReplaceFile(WindowsLibrary library, string replacement, string? backup)
    {
        FakeHandle old = library.Fsd.Open(Document, Disposition.OpenExisting, Access.Read | Access.Delete);
        FakeHandle fresh = library.Fsd.Open(replacement, Disposition.OpenExisting, Access.Read | Access.Delete | Access.WriteAttributes);
        Assert.Equal(0, library.Fsd.SetBasicInfo(fresh, attributes: library.Fsd.GetInfo(old).FileAttributes));
        Assert.Equal(0, library.Shim.SetSecurity(fresh.Node!, fresh.Descriptor!, AccessControlSections.Access, []));
        if (backup is not null)
            Assert.Equal(0, library.Fsd.Rename(old, backup, replace: true));
        else
            library.Fsd.Close(old); // The driver lets nobody rename over a file that is open.
        Assert.Equal(0, library.Fsd.Rename(fresh, Document, replace: true));
        library.Fsd.Close(fresh);
        if (backup is not null)
            library.Fsd.Close(old);
    }

    private static IEnumerable<string> Files(WindowsLibrary library) =>
        library.Emulator.Store.List().Where(entry => !entry.IsFolder).Select(entry => entry.Path);
}
