using ImageKitFs.Core.Names;
using Xunit;

namespace ImageKitFs.Core.Tests.Names;

public sealed class CaseFoldingTests
{
    [Theory]
    [InlineData("Photo.JPG", "pHOTO.jpg")]
    [InlineData("größe", "GRÖßE")]
    [InlineData("ФОТО", "фото")]
    [InlineData("Ÿ", "ÿ")]
    [InlineData("ǅ", "ǆ")]
    public void Names_that_differ_in_case_are_one_name(string left, string right)
    {
        Assert.True(CaseFolding.Same(left, right));
        Assert.Equal(CaseFolding.Fold(left), CaseFolding.Fold(right));
    }

    [Theory]
    [InlineData("i", "ı")] // dotless i
    [InlineData("İ", "i")]
    [InlineData("s", "ſ")] // long s
    [InlineData("K", "\u212A")] // Kelvin sign
    [InlineData("ß", "ss")]
    [InlineData("é", "e\u0301")] // not normalized
    [InlineData("𐐷", "𐐏")] // Deseret: beyond the BMP there is no case
    public void What_the_kernel_tells_apart_is_told_apart(string left, string right) => Assert.False(CaseFolding.Same(left, right));

    [Fact]
    public void No_unit_changes_twice_and_none_becomes_ascii()
    {
        for (int unit = 0; unit <= char.MaxValue; unit++)
        {
            char folded = CaseFolding.Fold((char)unit);
            Assert.Equal(folded, CaseFolding.Fold(folded));
            Assert.True(char.IsAscii((char)unit) == char.IsAscii(folded), $"U+{unit:X4} became U+{(int)folded:X4}");
            Assert.True(char.IsSurrogate((char)unit) == char.IsSurrogate(folded));
        }
    }

    [Fact]
    public void The_order_is_by_folded_name_and_total()
    {
        string[] names = ["b", "a", "B", "A", "ab", "_", "Z", "a_", "aB"];

        Array.Sort(names, CaseFolding.Compare);

        Assert.Equal(["A", "a", "aB", "ab", "a_", "B", "b", "Z", "_"], names);
    }
}
