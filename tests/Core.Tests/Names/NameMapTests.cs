using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using Xunit;

namespace ImageKitFs.Core.Tests.Names;

public sealed class NameMapTests
{
    private static readonly NameMap Map = new();
    private static readonly NameMap StrictFolders = new(escapeFolderDash: true);

    [Theory]
    [InlineData("cat.jpg", "cat.jpg")]
    [InlineData("Größe_2-final.tar.gz", "Größe_2-final.tar.gz")]
    [InlineData("фото.jpg", "фото.jpg")]
    [InlineData("my photo.jpg", "my_x0020_photo.jpg")]
    [InlineData("a~", "a_x007E_")]
    [InlineData("a\nb", "a_x000A_b")]
    [InlineData("100%", "100_x0025_")]
    [InlineData("％", "_xFF05_")]
    [InlineData("a😀b", "a_xD83D__xDE00_b")]
    [InlineData("𐐷", "_xD801__xDC37_")]
    [InlineData(".hidden", ".hidden")]
    [InlineData("_x0020_", "_x005F_x0020_")]
    [InlineData("_x0041_", "_x0041_")]
    [InlineData("_x002f_", "_x002f_")]
    [InlineData("_x002F_", "_x002F_")]
    [InlineData("_x0020", "_x0020")]
    [InlineData("_x0020~", "_x005F_x0020_x007E_")]
    [InlineData("_x005F_", "_x005F_")]
    [InlineData("_x005F_x0020_", "_x005F_x005F_x005F_x0020_")]
    [InlineData("_xD83D_", "_xD83D_")]
    [InlineData("_xD83D__xDE00_", "_x005F_xD83D__xDE00_")]
    [InlineData("ik-thumbnail.jpg", "_x0069_k-thumbnail.jpg")]
    [InlineData("_x0069_k-thumbnail.jpg", "_x005F_x0069_k-thumbnail.jpg")]
    [InlineData("a_x0069_k-thumbnail.jpg", "a_x0069_k-thumbnail.jpg")]
    [InlineData("ik-seo", "ik-seo")]
    public void File_names_are_written_as_the_service_keeps_them_and_read_back(string local, string remote)
    {
        Assert.Equal(FsError.None, Map.TryToRemote(local, isFolder: false, out string actual));

        Assert.Equal(remote, actual);
        Assert.Equal(local, Map.ToLocal(remote, isFolder: false));
        Assert.True(Map.IsStableUnderV1(remote, isFolder: false));
    }

    [Theory]
    [InlineData(".git", "_x002E_git")]
    [InlineData("a-b", "a-b")]
    [InlineData("_x002E_", "_x005F_x002E_")]
    [InlineData("ik-seo", "_x0069_k-seo")]
    [InlineData("ik-thumbnail.jpg", "ik-thumbnail_x002E_jpg")]
    public void Folder_names_follow_the_folder_rule(string local, string remote)
    {
        Assert.Equal(FsError.None, Map.TryToRemote(local, isFolder: true, out string actual));

        Assert.Equal(remote, actual);
        Assert.Equal(local, Map.ToLocal(remote, isFolder: true));
    }

    [Fact]
    public void A_strict_account_has_its_folder_dashes_escaped_and_its_file_dashes_kept()
    {
        StrictFolders.TryToRemote("a-b", isFolder: true, out string folder);
        StrictFolders.TryToRemote("a-b", isFolder: false, out string file);

        Assert.Equal("a_x002D_b", folder);
        Assert.Equal("a-b", StrictFolders.ToLocal(folder, isFolder: true));
        Assert.Equal("a-b", file);
        Assert.False(StrictFolders.IsStableUnderV1("a-b", isFolder: true));
    }

    [Theory]
    [InlineData("a b")] // made by a v2 client
    [InlineData("a😀")]
    [InlineData("")]
    [InlineData("..")]
    public void A_name_that_v1_would_change_is_no_upload_target(string remote) => Assert.False(Map.IsStableUnderV1(remote, isFolder: false));

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("../../etc/passwd")]
    [InlineData("a\0b")]
    [InlineData("_x002F_etc")]
    [InlineData("_x0000_")]
    [InlineData("_x002E__x002E_")] // decodes to ".." in a folder name
    [InlineData("_x002E_")]
    public void What_is_dangerous_here_becomes_a_valid_name_and_always_the_same(string remote)
    {
        foreach (bool isFolder in new[] { false, true })
        {
            string local = Map.ToLocal(remote, isFolder);

            Assert.Equal(FsError.None, EntryName.TryParse(local, out _));
            Assert.Equal(local, Map.ToLocal(remote, isFolder));
        }
    }

    // Attributes are stored as UTF-8, which cannot hold half a pair.
    [Fact]
    public void Half_a_surrogate_pair_from_the_service_is_shown_escaped()
    {
        Assert.Equal("_xD800_", Map.ToLocal("\ud800", isFolder: false));
        Assert.Equal("x_xDC00_y😀", Map.ToLocal("x\udc00y😀", isFolder: true));
    }

    [Fact]
    public void A_remote_name_too_long_for_a_disk_is_shortened_keeping_its_extension_and_its_difference()
    {
        string one = Map.ToLocal(new string('ж', 200) + "1.jpg", isFolder: false);
        string two = Map.ToLocal(new string('ж', 200) + "2.jpg", isFolder: false);

        Assert.Equal(FsError.None, EntryName.TryParse(one, out _));
        Assert.EndsWith(".jpg", one, StringComparison.Ordinal);
        Assert.NotEqual(one, two);
    }

    [Fact]
    public void A_name_is_refused_when_its_remote_form_is_longer_than_the_limit()
    {
        Assert.Equal(FsError.None, Map.TryToRemote(new string(' ', 36), isFolder: false, out _));
        Assert.Equal(FsError.NameTooLong, Map.TryToRemote(new string(' ', 37), isFolder: false, out string remote));
        Assert.Equal("", remote);
        Assert.Equal(FsError.None, new NameMap(maxRemoteBytes: 1000).TryToRemote(new string(' ', 37), isFolder: false, out _));
        Assert.Equal(FsError.InvalidName, Map.TryToRemote("a/b", isFolder: false, out _));
        Assert.Equal(FsError.InvalidName, Map.TryToRemote("\ud800", isFolder: false, out _));
    }

    [Fact]
    public void Every_local_name_survives_the_way_there_and_back()
    {
        Prop.ForAll(Arb.From(Names(LocalPieces)), (string local) => RoundTripsFromLocal(local)).QuickCheckThrowOnFailure();
        Prop.ForAll(Arb.From(ArbMap.Default.ArbFor<string>().Generator), (string local) => RoundTripsFromLocal(local)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Every_remote_name_that_v1_keeps_survives_the_way_here_and_back() =>
        Prop.ForAll(Arb.From(Names(RemotePieces)), (string remote) => RoundTripsFromRemote(remote)).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_remote_text_becomes_a_valid_local_name() =>
        Prop.ForAll(Arb.From(Names(HostilePieces)), (string remote) =>
            EntryName.TryParse(Map.ToLocal(remote, false), out _) == FsError.None
            && EntryName.TryParse(Map.ToLocal(remote, true), out _) == FsError.None).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_single_character_survives_in_files_and_folders()
    {
        var map = new NameMap(escapeFolderDash: true);
        for (int value = 1; value <= char.MaxValue; value++)
        {
            string local = "a" + (char)value;
            if (char.IsSurrogate((char)value) || value == '/')
                continue;
            foreach (bool isFolder in new[] { false, true })
            {
                Assert.Equal(FsError.None, map.TryToRemote(local, isFolder, out string remote));
                Assert.True(map.IsStableUnderV1(remote, isFolder), string.Create(CultureInfo.InvariantCulture, $"U+{value:X4}"));
                Assert.Equal(local, map.ToLocal(remote, isFolder));
            }
        }
    }

    private static readonly string[] LocalPieces =
        ["_", "x", "_x", "0020", "005F", "_x005F", "_x0020_", "_x005F_", "_x0041_", "_x002E_", "_xD83D_", "_xDE00_", "_x0069_", "k-thumbnail.jpg",
         "k-seo", "i", " ", "~", "😀", ".", "-", "é", "\n", "0", "A"];

    private static readonly string[] RemotePieces =
        ["_", "x", "_x", "0020", "005F", "_x005F", "_x0020_", "_x005F_", "_x0041_", "_xD83D_", "_xDE00_", "_xD83D__xDE00_", "_x0069_", "k-thumbnail.jpg",
         "_x002F_", "_x0000_", "_x000A_", "_x002f_", "é", "0", "A"];

    private static readonly string[] HostilePieces = [.. LocalPieces, "/", "\0", "\ud83d", "\ude00", "..", "_x002F_", "_x0000_", new string('a', 120)];

    private static Gen<string> Names(string[] pieces) => Gen.Elements(pieces).ArrayOf().Resize(14).Select(string.Concat);

    private static bool RoundTripsFromLocal(string? local)
    {
        if (local is null)
            return true;
        var map = new NameMap(maxRemoteBytes: 100_000);
        foreach (bool isFolder in new[] { false, true })
        {
            if (map.TryToRemote(local, isFolder, out string remote) == FsError.None
                && (map.ToLocal(remote, isFolder) != local || !map.IsStableUnderV1(remote, isFolder)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool RoundTripsFromRemote(string remote)
    {
        var map = new NameMap(maxRemoteBytes: 100_000);
        if (!map.IsStableUnderV1(remote, isFolder: false) || Encoding.UTF8.GetByteCount(remote) > EntryName.MaxBytes || remote.StartsWith("ik-", StringComparison.Ordinal))
            return true;
        return map.TryToRemote(map.ToLocal(remote, isFolder: false), isFolder: false, out string back) == FsError.None && back == remote;
    }
}
