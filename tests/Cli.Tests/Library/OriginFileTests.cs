using System.Text;
using ImageKitFs.Cli.Library;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Tests.Support;
using ImageKitFs.Emulator;

namespace ImageKitFs.Cli.Tests.Library;

public sealed class OriginFileTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("imagekitfs-origin-").FullName;
    private EmulatorServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await EmulatorServer.StartAsync(new EmulatorOptions());
        _server.Store.AttachOrigin("shop");
        _server.Store.PutInOrigin("shop", "/goods/a b.txt", "from the shop"u8);
        File.WriteAllText(KeyFile, _server.PrivateKey);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string KeyFile => Path.Combine(_folder, "key");

    private MountRequest Request => new()
    {
        MountPoint = "/",
        KeyFile = KeyFile,
        UrlEndpoint = _server.UrlEndpoint,
        ApiEndpoint = _server.BaseAddress.AbsoluteUri,
        UploadEndpoint = _server.BaseAddress.AbsoluteUri,
    };

    [Fact]
    public async Task A_file_that_no_listing_shows_is_looked_at_and_read()
    {
        await using OriginFile files = await OriginFile.OpenAsync(Request, CancellationToken.None);
        using MemoryStream copy = new();

        OriginFileInfo seen = await files.HeadAsync("/goods/a b.txt", CancellationToken.None);
        OriginFileInfo read = await files.ReadAsync("goods/a b.txt", copy, CancellationToken.None);

        Assert.Equal("from the shop", Encoding.UTF8.GetString(copy.ToArray()));
        Assert.Equal((13, "text/plain; charset=utf-8", $"{_server.UrlEndpoint}/goods/a%20b.txt?tr=orig-true"), (seen.Size, seen.ContentType, seen.Url));
        Assert.Equal(seen, read);
        Assert.Equal("/goods/a b.txt", seen.Path);
        Assert.NotNull(seen.ETag);
        Assert.Equal(0, _server.Stats.Count(EndpointKind.List));
    }

    [Fact]
    public async Task Get_and_cat_reach_it_by_its_path()
    {
        await using Sandbox sandbox = new();
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = _server.PrivateKey;
        sandbox.Environment["IMAGEKIT_URL_ENDPOINT"] = _server.UrlEndpoint;
        sandbox.Environment["IMAGEKIT_API_ENDPOINT"] = sandbox.Environment["IMAGEKIT_UPLOAD_ENDPOINT"] = _server.BaseAddress.GetLeftPart(UriPartial.Authority);
        _server.Store.PutInOrigin("shop", "/goods/b.txt", " and b"u8);

        CliResult hidden = await sandbox.RunAsync("cat", "/goods/b.txt");
        CliResult both = await sandbox.RunAsync("cat", "--origin", "/goods/a b.txt", "goods/b.txt");
        CliResult got = await sandbox.RunAsync("get", "--origin", "/goods/a b.txt", "/goods/none.txt", "/goods/b.txt", sandbox.Path("out"));

        hidden.AssertFailed(ExitCode.Failed, "/goods/b.txt is not in the library");
        Assert.Equal("from the shop and b", both.Output);
        got.AssertFailed(ExitCode.Failed, "/goods/none.txt");
        Assert.Equal(["a b.txt", "b.txt"], Directory.EnumerateFiles(sandbox.Path("out")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("from the shop", File.ReadAllText(sandbox.Path("out/a b.txt")));
        Assert.Contains("Fetched /goods/b.txt", got.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EACCES", 14, "credentials")]
    [InlineData("ECONNREFUSED", 14, "firewall")]
    [InlineData("UNIDENTIFIED", 14, "support@imagekit.io")]
    [InlineData("ENOENT", 1, "no such file")]
    public async Task A_file_that_is_not_delivered_is_explained_in_one_line(string code, int exit, string words)
    {
        _server.Configure(options => options with { OriginErrors = code == "ENOENT" ? [] : ["shop=" + code] });
        await using OriginFile files = await OriginFile.OpenAsync(Request, CancellationToken.None);

        CliException refused = await Assert.ThrowsAsync<CliException>(() => files.HeadAsync("/goods/other.txt", CancellationToken.None));

        Assert.Equal(exit, (int)refused.Code);
        Assert.StartsWith("/goods/other.txt: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"({code})", refused.Message, StringComparison.Ordinal);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_that_wants_signatures_or_no_transformations_gets_what_it_wants()
    {
        await using OriginFile files = await OriginFile.OpenAsync(Request, CancellationToken.None);

        _server.Configure(options => options with { RestrictUnsignedUrls = true });
        OriginFileInfo signed = await files.HeadAsync("/goods/a b.txt", CancellationToken.None);
        _server.Configure(options => options with { RestrictUnsignedUrls = false, RestrictUnnamedTransformations = true });
        OriginFileInfo plain = await files.HeadAsync("/goods/a b.txt", CancellationToken.None);

        Assert.Equal((13, 13), (signed.Size, plain.Size));
        Assert.DoesNotContain("ik-s=", signed.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_passes_by_itself_is_tried_again_and_a_body_that_breaks_off_is_told()
    {
        await using OriginFile files = await OriginFile.OpenAsync(Request, CancellationToken.None);
        using MemoryStream copy = new();

        _server.Faults.Add("delivery*1=status:503");
        await files.ReadAsync("/goods/a b.txt", copy, CancellationToken.None);
        _server.Store.PutInOrigin("shop", "/long.bin", new byte[4 << 20]);
        _server.Faults.Add("delivery=truncate:2000000");
        CliException broken = await Assert.ThrowsAsync<CliException>(() => files.ReadAsync("/long.bin", copy, CancellationToken.None));

        Assert.Equal(ExitCode.NoNetwork, broken.Code);
        Assert.Matches("broke off after [0-9]+ bytes", broken.Message);
    }

    [Fact]
    public async Task A_folder_and_a_service_that_is_away_have_their_own_exit_status()
    {
        await using OriginFile files = await OriginFile.OpenAsync(Request, CancellationToken.None);

        CliException folder = await Assert.ThrowsAsync<CliException>(() => files.HeadAsync("/", CancellationToken.None));
        await _server.StopAsync();
        CliException away = await Assert.ThrowsAsync<CliException>(() => files.HeadAsync("/a.txt", CancellationToken.None));

        Assert.Equal((ExitCode.Usage, ExitCode.NoNetwork), (folder.Code, away.Code));
    }
}
