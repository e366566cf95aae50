using System.Text.Json;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Diagnosis;

public sealed class DoctorUrlTests
{
    [Fact]
    public async Task A_file_that_comes_is_shown_with_where_its_time_went()
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox, "--set", "ReportedDownload=1500", "--set", "ReportedTransformation=40");

        CliResult result = await sandbox.RunAsync("doctor", "--url", "/campaigns/2026/spring-hero.png?tr=w-300");

        result.AssertOk();
        Assert.Contains($"pass  url: {url}/campaigns/2026/spring-hero.png?tr=w-300 is delivered: 200, image/png, ", result.Output, StringComparison.Ordinal);
        Assert.Contains("warn  timing: origin download 1500 ms, transformation 40 ms, CDN 1 ms: the slow part is the origin download; ", result.Output, StringComparison.Ordinal);
        Assert.Contains("processing region", result.Output, StringComparison.Ordinal);
        Assert.Matches("info  support: .*CDN request [0-9a-f]{32}", result.Output);
    }

    [Theory]
    [InlineData("", "ENOENT", 1, "neither the library nor any attached storage")]
    [InlineData("shop=EACCES", "EACCES", 14, "renew the origin's credentials")]
    [InlineData("shop=ECONNREFUSED", "ECONNREFUSED", 14, "raise its limit of connections")]
    [InlineData("shop=UNIDENTIFIED", "UNIDENTIFIED", 14, "support@imagekit.io")]
    public async Task An_ik_error_is_explained_in_words(string setting, string code, int exit, string words)
    {
        await using Sandbox sandbox = new();
        await StartAsync(sandbox, ["--origin", $"shop={sandbox.Folder("shop")}", .. setting.Length > 0 ? new[] { "--set", $"OriginErrors={setting}" } : []]);

        CliResult result = await sandbox.RunAsync("doctor", "--url", "/nowhere/x.png");

        result.AssertFailed((ExitCode)exit, code);
        Assert.Contains($"is not delivered (404, ik-error: {code} - ", result.Output, StringComparison.Ordinal);
        Assert.Contains(words, result.Output, StringComparison.Ordinal);
        bool isFirewall = code is "EACCES" or "ECONNREFUSED";
        Assert.Equal(isFirewall, result.Output.Contains("x-req-from: imagekit", StringComparison.Ordinal));
        Assert.Equal(isFirewall, result.Output.Contains("3.0.152.204", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_transformation_beyond_the_limits_is_told_apart()
    {
        await using Sandbox sandbox = new();
        await StartAsync(sandbox);
        // A real PNG's head, and more bytes than ImageKit transforms.
        await File.WriteAllBytesAsync(sandbox.Path("big.png"), [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, .. new byte[41 << 20]]);
        (await sandbox.RunAsync("put", sandbox.Path("big.png"), "/big.png")).AssertOk();

        CliResult result = await sandbox.RunAsync("doctor", "--url", "/big.png");

        result.AssertFailed(ExitCode.ServiceFailed, "ELIMIT");
        Assert.Contains("tr=orig-true", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_that_wants_signatures_gets_one_and_it_is_not_shown()
    {
        await using Sandbox sandbox = new();
        string url = await StartAsync(sandbox, "--set", "RestrictUnsignedUrls=true");

        CliResult signed = await sandbox.RunAsync("doctor", "--url", "/readme.txt");
        CliResult bad = await sandbox.RunAsync("doctor", "--url", $"{url}/readme.txt?ik-t=1&ik-s=0123456789abcdef");

        signed.AssertOk();
        Assert.Contains("info  url: it needs a signed URL", signed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("ik-s", signed.Output, StringComparison.Ordinal);
        bad.AssertFailed(ExitCode.NotPermitted, "signature");
        Assert.DoesNotContain("0123456789abcdef", bad.Output + bad.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_holds_the_numbers_and_the_allow_list()
    {
        await using Sandbox sandbox = new();
        await StartAsync(sandbox, "--origin", $"shop={sandbox.Folder("shop")}", "--set", "OriginErrors=shop=ECONNREFUSED");

        using JsonDocument fine = JsonDocument.Parse((await sandbox.RunAsync("doctor", "--json", "--url", "/readme.txt")).Output);
        using JsonDocument refused = JsonDocument.Parse((await sandbox.RunAsync("doctor", "--json", "--url", "/x.txt")).Output);

        JsonElement delivery = fine.RootElement.GetProperty("delivery");
        Assert.Equal((200, 3, 0, 1), (delivery.GetProperty("status").GetInt32(), delivery.GetProperty("downloadMs").GetDouble(), delivery.GetProperty("transformationMs").GetDouble(), delivery.GetProperty("cdnMs").GetDouble()));
        Assert.Equal("origin download", delivery.GetProperty("slowest").GetString());
        Assert.Equal("x-req-from: imagekit", refused.RootElement.GetProperty("delivery").GetProperty("allowHeader").GetString());
        Assert.Contains("54.176.68.12", refused.RootElement.GetProperty("delivery").GetProperty("allowAddresses").EnumerateArray().Select(item => item.GetString()));
        Assert.Equal(14, refused.RootElement.GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public async Task A_service_that_is_away_and_no_account_at_all_are_one_line_each()
    {
        await using Sandbox sandbox = new();
        (await sandbox.RunAsync("doctor", "--url", "/x.txt")).AssertFailed(ExitCode.Usage, "which account");
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = "private_x";
        sandbox.Environment["IMAGEKIT_URL_ENDPOINT"] = "http://127.0.0.1:1/demo";

        (await sandbox.RunAsync("doctor", "--url", "/x.txt")).AssertFailed(ExitCode.NoNetwork, "cannot be connected to");
    }

    private static async Task<string> StartAsync(Sandbox sandbox, params string[] arguments)
    {
        await sandbox.StartEmulatorAsync(["--sample", .. arguments]);
        return sandbox.Environment["IMAGEKIT_URL_ENDPOINT"]!;
    }
}
