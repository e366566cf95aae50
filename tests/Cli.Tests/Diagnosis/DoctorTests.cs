using System.Text.Json;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Diagnosis;

public sealed class DoctorTests
{
    private const string Key = "private_Doctor6Secret";

    [Fact]
    public async Task All_is_well_and_every_line_begins_with_how_it_went()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--key", Key, "--sample");

        CliResult result = await sandbox.RunAsync("doctor");

        result.AssertOk();
        string[] lines = result.Output.TrimEnd('\n').Split('\n');
        Assert.StartsWith("imagekitfs ", lines[0], StringComparison.Ordinal);
        Assert.All(lines.Skip(1), line => Assert.Matches("^(pass|info|warn|fail)  [a-z]+: ", line));
        foreach (string check in (string[])["fuse", "cache", "state", "proxy", "network", "key", "clock", "endpoint", "shadow", "storage", "limits"])
            Assert.Contains(lines, line => line.Contains($"  {check}: ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.StartsWith("fail", StringComparison.Ordinal));
        Assert.DoesNotContain("Doctor6Secret", result.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(sandbox.Path("cache")));
    }

    [Fact]
    public async Task Without_an_account_the_machine_alone_is_looked_at()
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync("doctor");

        Assert.Contains("info  account: none was looked at", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("key:", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_that_is_not_there_is_one_line() =>
        await InSandboxAsync(async sandbox => (await sandbox.RunAsync("doctor", "--profile", "nobody")).AssertFailed(ExitCode.Usage, "nobody"));

    [Theory]
    [InlineData("private_wrong", "", "wrong, or was revoked (403: Your account cannot be authenticated)")]
    [InlineData("private_wrong", "BadKeyIs401=true", "wrong, or was revoked (401")]
    [InlineData("private_old", "ExpiredKeys=private_old", "has expired: it was rolled in the dashboard (403")]
    [InlineData(Key, "AccountDisabled=true", "the account is disabled (403")]
    public async Task A_key_that_does_not_open_is_explained_with_its_request_id(string key, string setting, string words)
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync(["--key", Key, .. setting.Length > 0 ? new[] { "--set", setting } : []]);
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = key;

        CliResult result = await sandbox.RunAsync("doctor");

        result.AssertFailed(ExitCode.BadKey, words);
        Assert.Contains("fail  key: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("[request ", result.Output, StringComparison.Ordinal);
        Assert.Contains("info  endpoint: not looked at", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(key, result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_away_ends_with_its_status()
    {
        await using Sandbox sandbox = new();
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = Key;
        foreach (string origin in (string[])["http://127.0.0.1:1", "https://no-such-host.invalid"])
        {
            sandbox.Environment["IMAGEKIT_API_ENDPOINT"] = sandbox.Environment["IMAGEKIT_UPLOAD_ENDPOINT"] = origin;
            sandbox.Environment["IMAGEKIT_URL_ENDPOINT"] = origin + "/demo";

            CliResult result = await sandbox.RunAsync("doctor");

            result.AssertFailed(ExitCode.NoNetwork, "network");
            Assert.Contains("fail  key: ", result.Output, StringComparison.Ordinal);
            Assert.Contains("info  clock: could not be compared", result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_wrong_endpoint_is_named_with_the_right_one()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--key", Key, "--sample");
        string right = sandbox.Environment["IMAGEKIT_URL_ENDPOINT"]!;
        sandbox.Environment["IMAGEKIT_URL_ENDPOINT"] = right + "x";

        CliResult result = await sandbox.RunAsync("doctor");

        result.AssertFailed(ExitCode.ServiceFailed, "endpoint");
        Assert.Contains($"fail  endpoint: {right}x is not this account's", result.Output, StringComparison.Ordinal);
        Assert.Contains($"; use {right}\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_url_endpoint_that_hides_a_folder_is_found_and_the_way_around_it_works()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--key", Key, "--sample");
        string url = sandbox.Environment["IMAGEKIT_URL_ENDPOINT"]!;
        await Emulators.PostAsync(url, Key, "v1/accounts/url-endpoints", """{"description":"d","urlPrefix":"press"}""");

        CliResult hidden = await sandbox.RunAsync("doctor");
        sandbox.Environment["IMAGEKIT_URL_ENDPOINT"] = url + "/press";
        CliResult around = await sandbox.RunAsync("doctor");

        hidden.AssertFailed(ExitCode.ServiceFailed, "shadow");
        Assert.Matches("fail  shadow: the URL endpoint 'press' hides the folder /press: /press/[^ ]+ is listed and not delivered;", hidden.Output);
        Assert.Contains($"--url-endpoint {url}/press", hidden.Output, StringComparison.Ordinal);
        around.AssertOk();
        Assert.Contains("pass  shadow: ", around.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attached_storage_is_shown_in_the_order_in_which_it_is_asked_and_a_key_may_not_see_it()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--key", Key, "--sample", "--origin", $"first={sandbox.Folder("one")}", "--origin", $"second={sandbox.Folder("two")}");
        string url = sandbox.Environment["IMAGEKIT_URL_ENDPOINT"]!;
        await Emulators.PostAsync(url, Key, "v1/accounts/origins", """{"type":"S3","name":"lonely","bucket":"b","accessKey":"topsecret","secretKey":"topsecret"}""");

        CliResult seen = await sandbox.RunAsync("doctor");
        await Emulators.SetAsync(url, """{"AccountApiForbidden":true}""");
        CliResult refused = await sandbox.RunAsync("doctor");

        seen.AssertOk();
        Assert.Matches($"info  storage: {url} asks the media library; then the origin first \\(WEB_FOLDER [^)]*\\); then the origin second ", seen.Output);
        Assert.Contains("warn  storage: the origin lonely (S3 b) is attached to no URL endpoint", seen.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", seen.Output, StringComparison.Ordinal);
        refused.AssertOk();
        Assert.Contains("info  storage: attached storage could not be seen: this key may not see the account's settings (403)", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_that_is_wrong_and_a_limit_that_was_hit_are_warnings()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--key", Key, "--sample", "--set", "ClockSkew=7200000", "--fault", "list*1=throttle:20");

        CliResult result = await sandbox.RunAsync("doctor");

        result.AssertOk();
        Assert.Contains("warn  clock: this machine's clock is 2 hours behind the service's", result.Output, StringComparison.Ordinal);
        Assert.Contains("warn  limits: /v1/files asked to slow down: 40 requests in 1000 ms, again after 20 ms", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_is_shown_without_its_password()
    {
        await using Sandbox sandbox = new();
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = Key;
        sandbox.Environment["IMAGEKIT_URL_ENDPOINT"] = "https://ik.imagekit.io/demo";
        sandbox.Environment["HTTPS_PROXY"] = "http://someone:hunter2@127.0.0.1:1";

        CliResult result = await sandbox.RunAsync("doctor");

        Assert.Equal((int)ExitCode.NoNetwork, result.ExitCode);
        Assert.Contains("through the proxy http://127.0.0.1:1;", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_one_document_with_the_exit_status()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--key", Key, "--sample");
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = "private_wrong";

        CliResult result = await sandbox.RunAsync("doctor", "--json");
        using JsonDocument report = JsonDocument.Parse(result.Output);

        result.AssertFailed(ExitCode.BadKey, "key");
        Assert.Equal(3, report.RootElement.GetProperty("exitCode").GetInt32());
        Assert.Equal(sandbox.Environment["IMAGEKIT_URL_ENDPOINT"], report.RootElement.GetProperty("urlEndpoint").GetString());
        JsonElement failed = report.RootElement.GetProperty("checks").EnumerateArray().First(check => check.GetProperty("status").GetString() == "fail");
        Assert.Equal("key", failed.GetProperty("check").GetString());
        Assert.Contains("dashboard", failed.GetProperty("advice").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_embedded_emulator_is_an_account_like_any_other()
    {
        await using Sandbox sandbox = new();

        CliResult result = await sandbox.RunAsync("doctor", "--emulator", sandbox.Path("library"));

        result.AssertOk();
        Assert.Contains("pass  key: the key opens the library and may write (the emulator)", result.Output, StringComparison.Ordinal);
        Assert.Contains("info  endpoint: ", result.Output, StringComparison.Ordinal);
    }

    private static async Task InSandboxAsync(Func<Sandbox, Task> test)
    {
        await using Sandbox sandbox = new();
        await test(sandbox);
    }
}
