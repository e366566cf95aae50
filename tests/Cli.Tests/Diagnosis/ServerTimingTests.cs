using ImageKitFs.Cli.Diagnosis;

namespace ImageKitFs.Cli.Tests.Diagnosis;

public sealed class ServerTimingTests
{
    [Theory]
    [InlineData("transformation;dur=193,download;dur=35,cdn-rid;desc=\"emLL,x;y==\",cdn-downstream-fbl;dur=470", 35d, 193d, 242d, "CDN")]
    [InlineData("download;dur=2100.5, transformation;dur=40, cdn-downstream-fbl;dur=2200.5", 2100.5, 40d, 60d, "origin download")]
    [InlineData("transformation;dur=900,download;dur=20,cdn-downstream-fbl;dur=12", 20d, 900d, 12d, "transformation")]
    [InlineData("cdn-cache;desc=HIT,download;desc=\"x\";dur=7", 7d, null, null, "origin download")]
    public void The_time_is_split_and_the_slow_part_named(string header, double? download, double? transformation, double? cdn, string slowest)
    {
        ServerTiming timing = ServerTiming.Parse(header)!;

        Assert.Equal((download, transformation, cdn), (timing.Download, timing.Transformation, timing.Cdn));
        Assert.Equal(slowest, timing.Slowest);
    }

    [Fact]
    public void The_request_id_is_kept_and_a_slow_part_has_advice_of_its_own()
    {
        ServerTiming slow = ServerTiming.Parse("download;dur=900,cdn-rid;desc=\"a,b==\"")!;
        ServerTiming quick = ServerTiming.Parse("download;dur=9")!;

        Assert.Equal(("a,b==", true, false), (slow.CdnRequestId, slow.IsSlow, quick.IsSlow));
        Assert.Contains("region", slow.Advice, StringComparison.Ordinal);
        Assert.Equal("origin download 900 ms", slow.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("download;dur=fast,,;=;dur")]
    [InlineData("total;dur=5")]
    public void What_says_nothing_of_this_is_nothing(string? header) => Assert.Null(ServerTiming.Parse(header));
}
