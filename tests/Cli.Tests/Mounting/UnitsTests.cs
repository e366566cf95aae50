using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Tests.Mounting;

public sealed class UnitsTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1000", 1000)]
    [InlineData("4k", 4096)]
    [InlineData("1.5M", 1572864)]
    [InlineData("10G", 10737418240)]
    [InlineData("10GiB", 10737418240)]
    public void A_size_is_read_with_its_binary_suffix(string text, long expected)
    {
        Assert.True(Units.TryParseSize(text, out long bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("G")]
    [InlineData("10X")]
    [InlineData("1e9")]
    [InlineData("1.2.3")]
    [InlineData("99999999999T")]
    public void A_size_that_says_nothing_sensible_is_refused(string text) => Assert.False(Units.TryParseSize(text, out _));

    [Theory]
    [InlineData("60", 60_000)]
    [InlineData("250ms", 250)]
    [InlineData("0", 0)]
    [InlineData("1.5s", 1500)]
    [InlineData("5m", 300_000)]
    [InlineData("1h", 3_600_000)]
    public void A_time_without_suffix_is_seconds(string text, double milliseconds)
    {
        Assert.True(Units.TryParseDuration(text, out TimeSpan duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 m")]
    [InlineData("5y")]
    [InlineData("100000d")]
    public void A_time_that_no_timer_takes_is_refused(string text) => Assert.False(Units.TryParseDuration(text, out _));

    [Theory]
    [InlineData("022", 18)]
    [InlineData("0", 0)]
    [InlineData("0777", 511)]
    public void A_mask_is_octal(string text, int expected)
    {
        Assert.True(Units.TryParseMask(text, out int mask));
        Assert.Equal(expected, mask);
    }

    [Theory]
    [InlineData("")]
    [InlineData("8")]
    [InlineData("1777")]
    [InlineData("0x12")]
    [InlineData("00022")]
    public void A_mask_beyond_the_permission_bits_is_refused(string text) => Assert.False(Units.TryParseMask(text, out _));
}
