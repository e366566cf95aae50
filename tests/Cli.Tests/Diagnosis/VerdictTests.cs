using ImageKitFs.Cli.Diagnosis;
using ImageKitFs.Platform.Linux;

namespace ImageKitFs.Cli.Tests.Diagnosis;

public sealed class VerdictTests
{
    [Theory]
    [InlineData("/a/b c.jpg", "https://ik.imagekit.io/id/a/b%20c.jpg?updatedAt=1", "https://ik.imagekit.io/id")]
    [InlineData("/a.jpg", "https://media.example.com/a.jpg", "https://media.example.com")]
    [InlineData("/a.jpg", "https://ik.imagekit.io/id/prefix/a.jpg", "https://ik.imagekit.io/id/prefix")]
    [InlineData("/a.jpg", "https://ik.imagekit.io/id/b.jpg", null)]
    [InlineData("/deep/a.jpg", "https://ik.imagekit.io/a.jpg", null)]
    [InlineData("/a.jpg", "nonsense", null)]
    public void The_endpoint_is_what_stands_before_the_path(string path, string url, string? expected) =>
        Assert.Equal(expected, EndpointVerdict.BaseOf(new ListedFile(path, url, IsPrivate: false)));

    [Fact]
    public void Endpoints_are_named_whole_also_when_only_one_of_them_is_known()
    {
        UrlEndpointRow[] rows = [new("", "", []), new("shop", "", [])];

        Assert.Equal(["https://h/id", "https://h/id/shop"], EndpointVerdict.UrlsOf(rows, own: null, used: "https://h/id/shop"));
        Assert.Equal(["https://h/id", "https://h/id/shop"], EndpointVerdict.UrlsOf(rows, own: "https://h/id", used: "https://cdn.example.com"));
    }

    [Theory]
    [InlineData(false, false, false, null, "fail info")]
    [InlineData(true, false, false, "/usr/bin/fusermount3", "fail pass info")]
    [InlineData(true, true, false, null, "pass fail info")]
    [InlineData(true, true, true, null, "pass pass pass")]
    [InlineData(true, true, false, "/usr/bin/fusermount3", "pass pass info")]
    public void What_is_missing_for_mounting_is_a_failure(bool exists, bool usable, bool direct, string? fusermount, string expected)
    {
        FuseProbe probe = new(exists, usable, direct, fusermount, UsersMayShare: false, CanAbort: false, "6.1");

        IReadOnlyList<Finding> findings = new FuseCheck().Judge(probe);

        Assert.EndsWith(expected, string.Join(' ', findings.Select(finding => finding.Word)), StringComparison.Ordinal);
        Assert.All(findings.Where(finding => finding.Status == FindingStatus.Fail), finding => Assert.NotEqual(ExitCode.Ok, finding.Exit));
    }

    [Fact]
    public void The_published_addresses_are_addresses_and_each_is_there_once()
    {
        Assert.All(AllowList.Addresses, address => Assert.True(System.Net.IPAddress.TryParse(address, out _)));
        Assert.Equal(AllowList.Addresses.Count, AllowList.Addresses.Distinct().Count());
        Assert.Contains("3.0.152.204", AllowList.Addresses);
        Assert.Contains("54.176.68.12", AllowList.Addresses);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_yet_is_tried_and_left_as_it_was()
    {
        string root = Directory.CreateTempSubdirectory("imagekitfs-doctor-").FullName;

        IReadOnlyList<Finding> findings = await new FolderCheck("cache", Path.Combine(root, "a", "b")).RunAsync(CancellationToken.None);
        bool isLeft = Directory.EnumerateFileSystemEntries(root).Any();
        IReadOnlyList<Finding> impossible = await new FolderCheck("cache", "/proc/none").RunAsync(CancellationToken.None);
        Directory.Delete(root, recursive: true);

        Assert.DoesNotContain(findings, finding => finding.Status == FindingStatus.Fail);
        Assert.False(isLeft);
        Assert.Equal(ExitCode.CacheUnusable, Assert.Single(impossible).Exit);
    }
}
