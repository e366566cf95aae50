using System.Diagnostics;
using System.Text;
using System.Text.Json;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Commands;

public sealed class LoginTests
{
    private const string Key = "private_Login4Secret=";

    [Fact]
    public async Task Login_asks_for_endpoint_and_key_says_who_answered_and_stores_the_profile()
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox);

        CliResult login = await sandbox.RunWithLinesAsync([url, Key], "login", "--profile", "production");
        CliResult listed = await sandbox.RunAsync("ls", "--profile", "production");

        login.AssertOk();
        Assert.StartsWith($"Authenticated as {url["http://".Length..]}\n", login.Output, StringComparison.Ordinal);
        Assert.Contains("Stored profile production: ", login.Output, StringComparison.Ordinal);
        listed.AssertOk();
        Assert.DoesNotContain("Login4Secret", login.Output + login.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_alone_is_enough_where_the_library_shows_its_endpoint()
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox);

        CliResult login = await sandbox.RunWithLinesAsync([Key], "login");

        login.AssertOk();
        Assert.Contains(url["http://".Length..], login.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_library_cannot_name_its_endpoint()
    {
        await using Sandbox sandbox = new();
        await StartAsync(sandbox, isSample: false);

        (await sandbox.RunWithLinesAsync([Key], "login")).AssertFailed(ExitCode.Usage, "--url-endpoint");
    }

    [Theory]
    [InlineData("private_wrong", "wrong, or was revoked")]
    [InlineData("private_old", "has expired")]
    [InlineData("private_disabled", "disabled")]
    [InlineData("public_mistaken", "public key")]
    public async Task A_refused_key_is_told_in_words_and_nothing_is_stored(string key, string words)
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox, settings: ["--set", "ExpiredKeys=private_old", "--set", $"AccountDisabled={key == "private_disabled"}"], key: key == "private_disabled" ? key : Key);

        CliResult login = await sandbox.RunWithLinesAsync([url, key], "login");

        login.AssertFailed(ExitCode.BadKey, words);
        Assert.Empty(login.Output);
        Assert.False(Directory.Exists(sandbox.Path("config")));
        Assert.DoesNotContain(key, login.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_away_stores_nothing_unless_it_is_not_to_be_asked()
    {
        await using Sandbox sandbox = new();
        string[] where = ["login", "--url-endpoint", "http://127.0.0.1:1/demo", "--api-endpoint", "http://127.0.0.1:1"];

        CliResult refused = await sandbox.RunWithLinesAsync([Key], where);
        bool isStored = Directory.Exists(sandbox.Path("config"));
        CliResult unchecked_ = await sandbox.RunWithLinesAsync([Key], [.. where, "--no-check"]);

        refused.AssertFailed(ExitCode.NoNetwork, "--no-check");
        Assert.False(isStored);
        unchecked_.AssertOk();
        Assert.Contains("127.0.0.1:1/demo", (await sandbox.RunAsync("profiles")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_in_trouble_stores_nothing_and_gives_the_request_id()
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox, settings: ["--fault", "list=status:503:maintenance"]);

        CliResult login = await sandbox.RunWithLinesAsync([url, Key], "login");

        login.AssertFailed(ExitCode.ServiceFailed, "503");
        Assert.Contains("[request ", login.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(sandbox.Path("config")));
    }

    [Fact]
    public async Task A_wrong_endpoint_is_refused_with_the_right_one()
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox);

        CliResult login = await sandbox.RunWithLinesAsync([Key], "login", "--url-endpoint", url + "-typo");

        login.AssertFailed(ExitCode.Usage, $"--url-endpoint {url}");
        Assert.False(Directory.Exists(sandbox.Path("config")));
    }

    [Fact]
    public async Task Another_domain_that_delivers_the_accounts_files_is_taken()
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox);
        string custom = url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

        CliResult login = await sandbox.RunWithLinesAsync([Key], "login", "--url-endpoint", custom);

        login.AssertOk();
        Assert.Contains($"Authenticated as {custom["http://".Length..]}", login.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_url_endpoints_are_listed_and_kept()
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox);
        await Emulators.PostAsync(url, Key, "v1/accounts/url-endpoints", """{"description":"Product images","urlPrefix":"products-only"}""");

        CliResult login = await sandbox.RunWithLinesAsync([Key], "login", "--url-endpoint", url);
        using JsonDocument profiles = JsonDocument.Parse((await sandbox.RunAsync("profiles", "--json")).Output);

        login.AssertOk();
        Assert.Contains($"* {url}  ", login.Output, StringComparison.Ordinal);
        Assert.Contains($"  {url}/products-only  Product images", login.Output, StringComparison.Ordinal);
        Assert.Equal([url, $"{url}/products-only"], profiles.RootElement[0].GetProperty("urlEndpoints").EnumerateArray().Select(item => item.GetString()));
        Assert.Equal("file", profiles.RootElement[0].GetProperty("key").GetString());
    }

    [Fact]
    public async Task A_key_that_only_reads_is_recognised_and_its_commands_do_not_write()
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox, settings: ["--set", "ReadOnlyKeys=private_reader"]);

        CliResult login = await sandbox.RunWithLinesAsync(["private_reader"], "login", "--url-endpoint", url, "--profile", "reader");
        CliResult listed = await sandbox.RunAsync("profiles", "--json");
        CliResult doctor = await sandbox.RunAsync("doctor", "--profile", "reader");

        Assert.Contains("read-only", login.Output, StringComparison.Ordinal);
        Assert.Contains("\"readOnly\": true", listed.Output, StringComparison.Ordinal);
        doctor.AssertOk();
        Assert.Contains("info  key: the key opens the library, read-only", doctor.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_that_others_can_read_is_refused_until_it_is_closed()
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox);
        (await sandbox.RunWithLinesAsync([Key], "login", "--url-endpoint", url, "--profile", "work")).AssertOk();
        string file = sandbox.Path("config/imagekitfs/profiles/work.json");

        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        CliResult open = await sandbox.RunAsync("ls", "--profile", "work");
        CliResult doctor = await sandbox.RunAsync("doctor", "--profile", "work");
        CliResult profiles = await sandbox.RunAsync("profiles");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        open.AssertFailed(ExitCode.BadKey, "chmod 600");
        Assert.Equal((int)ExitCode.BadKey, doctor.ExitCode);
        Assert.Contains("fail  key: ", doctor.Output, StringComparison.Ordinal);
        Assert.Contains("work  -  ", profiles.Output, StringComparison.Ordinal);
        (await sandbox.RunAsync("ls", "--profile", "work")).AssertOk();
    }

    [Theory]
    [InlineData("half a file", "{\"urlEndpoint\":\"http")]
    [InlineData("no key in it", "{\"urlEndpoint\":\"https://ik.imagekit.io/demo\"}")]
    [InlineData("no endpoint in it", "{\"key\":\"cHJpdmF0ZV94\"}")]
    [InlineData("not base64", "{\"urlEndpoint\":\"https://ik.imagekit.io/demo\",\"key\":\"%%%\"}")]
    public async Task A_damaged_profile_is_one_line_and_can_be_removed(string how, string content)
    {
        await using Sandbox sandbox = new();
        string folder = sandbox.Folder("config/imagekitfs/profiles");
        string file = Path.Combine(folder, "work.json");
        await File.WriteAllTextAsync(file, content);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        CliResult used = await sandbox.RunAsync("ls", "--profile", "work");
        CliResult removed = await sandbox.RunAsync("logout", "--profile", "work");

        used.AssertFailed(ExitCode.BadKey, "login --profile work");
        removed.AssertOk();
        Assert.False(File.Exists(file), how);
    }

    [Fact]
    public async Task Staging_and_production_are_two_profiles()
    {
        await using Sandbox sandbox = new();
        string production = await StartAsync(sandbox);
        (await sandbox.RunWithLinesAsync([Key], "login", "--url-endpoint", production, "--profile", "production")).AssertOk();
        await using Sandbox other = new();
        string staging = await StartAsync(other, isSample: false, key: "private_staging");
        sandbox.Environment["IMAGEKIT_API_ENDPOINT"] = sandbox.Environment["IMAGEKIT_UPLOAD_ENDPOINT"] = staging[..^"/demo".Length];
        (await sandbox.RunWithLinesAsync(["private_staging"], "login", "--url-endpoint", staging, "--profile", "staging")).AssertOk();

        Assert.NotEmpty((await sandbox.RunAsync("ls", "--profile", "production")).Output);
        Assert.Empty((await sandbox.RunAsync("ls", "--profile", "staging")).Output);
    }

    [Fact]
    public async Task At_a_terminal_the_endpoint_is_shown_and_the_key_is_not()
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox);
        Process terminal = sandbox.StartTerminal("-qec", $"'{Sandbox.Executable}' login", "/dev/null");
        Transcript transcript = new(terminal);

        await transcript.WaitForAsync("URL endpoint");
        await terminal.StandardInput.WriteLineAsync(url);
        await transcript.WaitForAsync("Private key");
        await terminal.StandardInput.WriteLineAsync(Key);
        await transcript.WaitForAsync("Stored profile default");

        Assert.Equal(0, await transcript.EndAsync());
        Assert.Contains(url, transcript.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Login4Secret", transcript.Text, StringComparison.Ordinal);
        sandbox.Environment["IMAGEKIT_URL_ENDPOINT"] = null;
        (await sandbox.RunAsync("ls")).AssertOk();
    }

    [Fact]
    public async Task A_prompt_that_is_interrupted_leaves_a_terminal_that_shows_what_is_typed()
    {
        await using Sandbox sandbox = new();
        string command = $"trap : INT; '{Sandbox.Executable}' login --url-endpoint https://ik.imagekit.io/demo; echo ended; stty -a";
        Process terminal = sandbox.StartTerminal("-qec", $"bash -c \"{command}\"", "/dev/null");
        Transcript transcript = new(terminal);

        await transcript.WaitForAsync("Private key");
        await terminal.StandardInput.WriteAsync('\x3');
        await terminal.StandardInput.FlushAsync();
        await transcript.WaitForAsync("ended");
        await transcript.EndAsync();

        Assert.Matches(@"[ \n;]echo[ ;]", transcript.Text[transcript.Text.IndexOf("ended", StringComparison.Ordinal)..]);
        Assert.False(Directory.Exists(sandbox.Path("config")));
    }

    private static async Task<string> StartAsync(Sandbox sandbox, bool isSample = true, string key = Key, string[]? settings = null)
    {
        string[] sample = isSample ? ["--sample"] : [];
        await sandbox.StartEmulatorAsync(["--key", key, .. sample, .. settings ?? []]);
        string url = sandbox.Environment["IMAGEKIT_URL_ENDPOINT"]!;
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = null;
        sandbox.Environment["IMAGEKIT_URL_ENDPOINT"] = null;
        return url;
    }

    /// <summary>What a terminal shows, as it comes.</summary>
    private sealed class Transcript(Process process)
    {
        private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

        private readonly StringBuilder _text = new();
        private readonly char[] _buffer = new char[1024];

        public string Text => _text.ToString();

        public async Task WaitForAsync(string text)
        {
            while (!Text.Contains(text, StringComparison.Ordinal))
            {
                if (!await ReadAsync())
                    Assert.Fail($"ended without '{text}': {Text}");
            }
        }

        public async Task<int> EndAsync()
        {
            while (await ReadAsync())
            {
            }

            return await Sandbox.EndAsync(process);
        }

        private async Task<bool> ReadAsync()
        {
            int count = await process.StandardOutput.ReadAsync(_buffer).AsTask().WaitAsync(Hang);
            _text.Append(_buffer, 0, count);
            return count > 0;
        }
    }
}
