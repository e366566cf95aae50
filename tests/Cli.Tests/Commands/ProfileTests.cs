using ImageKitFs.Cli.Profiles;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Commands;

public sealed class ProfileTests
{
    private const string Key = "private_stored_and_secret_123";

    [Fact]
    public async Task A_stored_account_is_used_by_mount_and_readable_by_its_owner_alone()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--key", Key, "--sample");
        string url = sandbox.Environment["IMAGEKIT_URL_ENDPOINT"]!;
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = null;

        CliResult login = await sandbox.RunWithLinesAsync([Key], "login", "--profile", "work");
        foreach (string name in (string[])["IMAGEKIT_URL_ENDPOINT", "IMAGEKIT_API_ENDPOINT", "IMAGEKIT_UPLOAD_ENDPOINT"])
            sandbox.Environment[name] = null;
        CliResult tried = await sandbox.RunAsync("doctor", "--profile", "work");
        CliResult listed = await sandbox.RunAsync("profiles");
        string file = sandbox.Path("config/imagekitfs/profiles/work.json");

        login.AssertOk();
        tried.AssertOk();
        Assert.Contains("pass  key: the key opens the library and may write (profile work (file))", tried.Output, StringComparison.Ordinal);
        Assert.Contains($"pass  endpoint: {url}", tried.Output, StringComparison.Ordinal);
        Assert.Equal($"work  {url}  key in {file}, readable by you alone\n", listed.Output);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.DoesNotContain(Key, login.Output + login.Error + tried.Output + tried.Error + listed.Output, StringComparison.Ordinal);
        (await sandbox.RunAsync("logout", "--profile", "work")).AssertOk();
        Assert.False(File.Exists(file));
        (await sandbox.RunAsync("mount", sandbox.Folder("mnt"), "--profile", "work")).AssertFailed(ExitCode.Usage, "login");
    }

    [Theory]
    [InlineData("public_key_by_mistake")]
    [InlineData("")]
    public async Task What_is_no_private_key_is_not_stored(string typed)
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunWithLinesAsync([typed], "login", "--url-endpoint", "https://ik.imagekit.io/demo");

        result.AssertFailed(ExitCode.BadKey, "key");
        Assert.False(Directory.Exists(sandbox.Path("config")));
    }

    [Fact]
    public async Task A_profile_name_cannot_lead_out_of_the_folder()
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunWithLinesAsync([Key], "login", "--profile", "../x", "--url-endpoint", "https://ik.imagekit.io/demo");

        result.AssertFailed(ExitCode.Usage, "profile name");
    }

    [Fact]
    public void A_profile_never_shows_its_key() =>
        Assert.DoesNotContain("secret", new Profile { UrlEndpoint = "https://ik.imagekit.io/demo", Key = "secret" }.ToString(), StringComparison.Ordinal);

    [Fact]
    public async Task Service_is_for_windows()
    {
        await using Sandbox sandbox = new();

        (await sandbox.RunAsync("service", "install")).AssertFailed(ExitCode.Usage, "Windows");
    }
}
