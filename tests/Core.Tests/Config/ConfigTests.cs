using ImageKitFs.Core.Config;
using Xunit;

namespace ImageKitFs.Core.Tests.Config;

public sealed class ConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("imagekitfs-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_key_shows_itself_nowhere()
    {
        SecretKey key = SecretKey.Of("  private_abc123=\n");

        Assert.Equal("***", key.ToString());
        Assert.Equal("***", $"{key}");
        Assert.Equal("bad key *** (Basic ***)", key.Redact("bad key private_abc123= (Basic cHJpdmF0ZV9hYmMxMjM9Og==)"));
        Assert.DoesNotContain("abc123", key.Fingerprint(), StringComparison.Ordinal);
        Assert.DoesNotContain("abc123", Options(key).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \n")]
    [InlineData("public_abc")]
    [InlineData("private abc")]
    [InlineData("private_a:b")]
    [InlineData("private_a\r\nX-Evil: 1")]
    [InlineData("private_é")]
    public void What_cannot_be_a_private_key_is_refused_without_quoting_it(string text)
    {
        string? problem = SecretKey.TryCreate(text, out SecretKey? key);

        Assert.NotNull(problem);
        Assert.Null(key);
        Assert.True(text.Trim().Length == 0 || !problem.Contains(text.Trim(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://ik.imagekit.io/demo_id")]
    [InlineData("https://ik.imagekit.io/demo_id///")]
    public void The_url_endpoint_ends_with_one_slash_and_the_apis_default_to_the_service(string url)
    {
        Assert.Empty(ImageKitEndpoints.TryCreate(url, null, "", out ImageKitEndpoints? endpoints));

        Assert.Equal("https://ik.imagekit.io/demo_id/", endpoints!.Delivery.AbsoluteUri);
        Assert.Equal("https://api.imagekit.io/", endpoints.Api.AbsoluteUri);
        Assert.Equal("https://upload.imagekit.io/", endpoints.Upload.AbsoluteUri);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080/x", true)]
    [InlineData("http://localhost:8080", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("http://ik.imagekit.io/x", false)]
    [InlineData("http://127.0.0.1.example.com", false)]
    [InlineData("http://10.0.0.1", false)]
    [InlineData("ftp://127.0.0.1", false)]
    [InlineData("https://user:pass@ik.imagekit.io/x", false)]
    [InlineData("https://ik.imagekit.io/x?tr=1", false)]
    [InlineData("nonsense", false)]
    [InlineData("", false)]
    public void Plain_http_and_strange_urls_are_refused_except_to_this_machine(string url, bool allowed) =>
        Assert.Equal(allowed, ImageKitEndpoints.TryCreate(url, null, null, out _).Count == 0);

    [Fact]
    public void An_api_endpoint_with_a_path_is_refused_and_all_problems_are_told_at_once() =>
        Assert.Equal(3, ImageKitEndpoints.TryCreate("", "https://api.imagekit.io/v1", "http://upload.imagekit.io", out _).Count);

    [Fact]
    public void The_key_comes_from_the_environment_or_from_a_private_file()
    {
        string file = Path.Combine(_folder, "key");
        File.WriteAllText(file, "\uFEFFprivate_file\n");
        Protect(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var environment = new Dictionary<string, string> { ["IMAGEKIT_PRIVATE_KEY"] = "private_env" };

        Assert.Null(CredentialSource.TryFind(environment, null, out SecretKey? fromEnvironment));
        Assert.Null(CredentialSource.TryFind(environment, file, out SecretKey? fromFile));
        Assert.NotNull(CredentialSource.TryFind(new Dictionary<string, string>(), null, out SecretKey? none));

        Assert.Equal(SecretKey.Of("private_env").Fingerprint(), fromEnvironment!.Fingerprint());
        Assert.Equal(SecretKey.Of("private_file").Fingerprint(), fromFile!.Fingerprint());
        Assert.Null(none);
    }

    [SkippableFact]
    public void A_key_file_that_others_can_read_is_refused()
    {
        Skip.If(OperatingSystem.IsWindows(), "File modes are a Unix matter.");
        string file = Path.Combine(_folder, "key");
        File.WriteAllText(file, "private_file");
        foreach (UnixFileMode extra in new[] { UnixFileMode.GroupRead, UnixFileMode.OtherRead, UnixFileMode.OtherWrite })
        {
            Protect(file, UnixFileMode.UserRead | extra);

            string? problem = CredentialSource.TryFind(new Dictionary<string, string>(), file, out SecretKey? key);

            Assert.Contains("chmod 600", problem, StringComparison.Ordinal);
            Assert.Null(key);
        }
    }

    [Fact]
    public void A_key_file_that_is_missing_or_no_key_is_refused_with_a_sentence()
    {
        string big = Path.Combine(_folder, "big");
        File.WriteAllText(big, new string('k', 10_000));
        Protect(big, UnixFileMode.UserRead);
        var environment = new Dictionary<string, string>();

        Assert.Contains("does not exist", CredentialSource.TryFind(environment, Path.Combine(_folder, "none"), out _), StringComparison.Ordinal);
        Assert.Contains("too long", CredentialSource.TryFind(environment, big, out _), StringComparison.Ordinal);
        Assert.Contains("cannot be read", CredentialSource.TryFind(environment, _folder, out _), StringComparison.Ordinal);
    }

    [Fact]
    public void Good_options_have_no_problems_and_bad_ones_are_all_told()
    {
        MountOptions good = Options(SecretKey.Of("private_x"));
        MountOptions bad = good with
        {
            CacheDirectory = "relative",
            Folder = "/a/../b",
            CacheBytes = 1,
            Umask = 0x1000,
            SpoolBytes = 0,
            DirectoryTtl = TimeSpan.FromSeconds(-1),
            ReadsPerSecond = double.NaN,
            HostName = "",
            ParallelUploads = 0,
            Commit = (CommitMode)7,
        };

        Assert.Empty(good.Validate());
        Assert.Equal(10, bad.Validate().Count);
    }

    private MountOptions Options(SecretKey key)
    {
        Assert.Empty(ImageKitEndpoints.TryCreate("https://ik.imagekit.io/demo_id", null, null, out ImageKitEndpoints? endpoints));
        return new MountOptions { Endpoints = endpoints!, Key = key, CacheDirectory = _folder, StateDirectory = _folder };
    }

    private static void Protect(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, mode);
    }
}
