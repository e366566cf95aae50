using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Library;

/// <summary>`PROFILE:/folder`, where two accounts meet.</summary>
public sealed class TwoAccountsTests
{
    [Fact]
    public async Task A_folder_is_carried_to_another_account_with_what_its_files_carry()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        await sandbox.StartOtherAccountAsync("production");

        string[] copied = await sandbox.DoAsync("cp", "-r", "/press", "production:/");
        await sandbox.DoAsync("cp", "/press/logo.png", "production:/brand.png");

        Assert.Contains("Copied /press/logo.png to production:/press/logo.png", copied);
        Assert.Equal(["boilerplate.md", "embargoed.txt", "logo.png", "team.png"], await sandbox.DoAsync("ls", "production:/press"));
        Assert.Equal(await TagsAsync("/press/logo.png"), await TagsAsync("production:/press/logo.png"));
        Assert.NotEmpty(await TagsAsync("production:/press/logo.png"));
        Assert.Equal(await sandbox.ReadAsync("/press/boilerplate.md"), await sandbox.ReadAsync("production:/press/boilerplate.md"));

        async Task<string> TagsAsync(string path)
        {
            using var json = System.Text.Json.JsonDocument.Parse((await sandbox.RunAsync("ls", "--json", path)).Output);
            return json.RootElement[0].TryGetProperty("tags", out System.Text.Json.JsonElement tags) ? tags.ToString() : "";
        }
    }

    [Fact]
    public async Task A_move_to_another_account_takes_the_source_away_only_when_all_has_arrived()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        await sandbox.StartOtherAccountAsync("production");
        await sandbox.SetFaultsAsync("delivery~logo.png=status:403");

        CliResult broken = await sandbox.RunAsync("mv", "/press", "production:/");
        await sandbox.SetFaultsAsync("");
        string[] kept = await sandbox.DoAsync("ls", "/press");
        await sandbox.DoAsync("mv", "/press", "production:/");

        Assert.Equal((int)ExitCode.NotPermitted, broken.ExitCode);
        Assert.Contains("/press stays where it was", broken.Error, StringComparison.Ordinal);
        Assert.Equal(4, kept.Length);
        Assert.DoesNotContain("press/", await sandbox.DoAsync("ls"));
        Assert.Equal(4, (await sandbox.DoAsync("ls", "production:/press")).Length);
    }

    [Fact]
    public async Task Two_accounts_are_made_alike_and_what_is_alike_is_not_carried_again()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        await sandbox.StartOtherAccountAsync("production");

        string[] first = await sandbox.DoAsync("sync-dir", "ik:/campaigns", "production:/campaigns");
        await sandbox.TakeRequestsAsync();
        string[] second = await sandbox.DoAsync("sync-dir", "ik:/campaigns", "production:/campaigns");
        IReadOnlyDictionary<string, long> cost = await sandbox.TakeRequestsAsync();
        Directory.Delete(sandbox.Path("state"), recursive: true);
        string[] elsewhere = await sandbox.DoAsync("sync-dir", "ik:/campaigns", "production:/campaigns");

        Assert.Contains("copy   2025/winter-hero.png (new)", first);
        Assert.Equal(["Did 0 things; 5 files unchanged"], second);
        Assert.Equal([new("list", 3)], cost);
        Assert.Equal(["Did 0 things; 5 files unchanged"], elsewhere);
    }

    [Fact]
    public async Task One_account_under_two_names_is_one_account()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        System.Diagnostics.Process login = sandbox.Start(Sandbox.Executable, "login", "--profile", "same");
        await login.StandardInput.WriteLineAsync(sandbox.Environment["IMAGEKIT_PRIVATE_KEY"]);
        login.StandardInput.Close();
        Assert.Equal(0, await Sandbox.EndAsync(login));
        await sandbox.TakeRequestsAsync();

        await sandbox.DoAsync("cp", "same:/readme.txt", "/press/");
        IReadOnlyDictionary<string, long> cost = await sandbox.TakeRequestsAsync();

        Assert.Equal(1, cost["copy"]);
        Assert.DoesNotContain("upload", cost.Keys);
    }
}
