using ImageKitFs.Core.Engine;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>The closed lists of names that decide a new file's fate.</summary>
public sealed class NameRulesTests
{
    [Theory]
    [InlineData("Sediments")]
    [InlineData("SEDabcdef")]
    [InlineData("Sedation.")]
    [InlineData("TMP_photo.jpg")]
    [InlineData("cover.PART")]
    [InlineData("Padlock.Lock")]
    [InlineData("photo.tmpl")]
    [InlineData(".DS_STORE")]
    [InlineData(".NFSmount")]
    [InlineData(".photo.SWP")]
    [InlineData("my~$budget.docx")]
    [InlineData("desktop.ini.bak")]
    public void A_name_that_only_resembles_a_temporary_is_committed_at_close(string name) =>
        Assert.Equal(NameClass.Ordinary, NameRules.Classify(name, isExclusiveReadWrite: false));

    [Theory]
    [InlineData("sedAbc123")]
    [InlineData("4913")]
    [InlineData("tmp_obj_x")]
    [InlineData(".photo.jpg.aB3dE9")]
    [InlineData("film.mp4.part")]
    [InlineData("film.mp4.crdownload")]
    [InlineData("index.lock")]
    [InlineData("~WRL0001.tmp")]
    [InlineData("~wrd0000.TMP")]
    [InlineData("A1B2C3D4.TMP")]
    [InlineData("notes.txt~RF5e1c2.Tmp")]
    public void A_programs_temporary_is_not_committed_at_close(string name) =>
        Assert.Equal(NameClass.Transient, NameRules.Classify(name, isExclusiveReadWrite: false));

    [Theory]
    [InlineData("Thumbs.db")]
    [InlineData("THUMBS.DB")]
    [InlineData("ehthumbs.db")]
    [InlineData("Desktop.ini")]
    [InlineData("~$Budget.docx")]
    [InlineData(".DS_Store")]
    [InlineData("._photo.jpg")]
    [InlineData(".photo.jpg.swp")]
    public void Litter_stays_on_this_machine_however_the_file_is_created(string name)
    {
        Assert.Equal(NameClass.Junk, NameRules.Classify(name, isExclusiveReadWrite: false));
        Assert.Equal(NameClass.Junk, NameRules.Classify(name, isExclusiveReadWrite: true));
    }

    [Theory]
    [InlineData("$RECYCLE.BIN", true)]
    [InlineData("$Recycle.Bin", true)]
    [InlineData(".Trash-1000", true)]
    [InlineData(".TRASHY", false)]
    [InlineData("Trash", false)]
    public void Trash_folders_are_told_from_folders_of_a_like_name(string name, bool isTrash) => Assert.Equal(isTrash, NameRules.IsTrash(name));
}
