using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Commands;

public sealed class EmulatorCommandTests
{
    [Fact]
    public async Task It_serves_a_listing_to_who_has_the_printed_key_and_ends_on_a_signal()
    {
        await using Sandbox sandbox = new();
        Process emulator = await sandbox.StartEmulatorAsync("--synthetic", "2x3x1K");

        using HttpResponseMessage withKey = await ListAsync(sandbox, sandbox.Environment["IMAGEKIT_PRIVATE_KEY"]!);
        using HttpResponseMessage withoutKey = await ListAsync(sandbox, "private_wrong");
        StopSignals.SendTerminate(emulator.Id);

        Assert.Equal(HttpStatusCode.OK, withKey.StatusCode);
        Assert.Contains("folder-00001", await withKey.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(withoutKey.IsSuccessStatusCode);
        Assert.Equal(0, await Sandbox.EndAsync(emulator));
    }

    [Fact]
    public async Task Its_account_has_the_name_and_faults_that_were_asked_for()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--id", "acme", "--key", "private_emulated", "--fault", "list*1=status:503", "--set", "BadKeyIs401=true");

        using HttpResponseMessage faulty = await ListAsync(sandbox, "private_emulated");
        using HttpResponseMessage healthy = await ListAsync(sandbox, "private_emulated");
        using HttpResponseMessage refused = await ListAsync(sandbox, "private_wrong");

        Assert.EndsWith("/acme", sandbox.Environment["IMAGEKIT_URL_ENDPOINT"], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, faulty.StatusCode);
        Assert.Equal(HttpStatusCode.OK, healthy.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task A_key_from_the_environment_is_accepted_and_not_printed()
    {
        await using Sandbox sandbox = new();
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = "private_distinctive_4711";

        Process emulator = sandbox.Start(Sandbox.Executable, "emulator");
        string firstLine = await Sandbox.WaitForLineAsync(emulator, "IMAGEKIT_API_ENDPOINT=");
        string lastLine = await Sandbox.WaitForLineAsync(emulator, "IMAGEKIT_PRIVATE_KEY");
        sandbox.Environment["IMAGEKIT_API_ENDPOINT"] = firstLine.Split('=')[1];
        using HttpResponseMessage reply = await ListAsync(sandbox, "private_distinctive_4711");

        Assert.DoesNotContain("distinctive", lastLine, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_line()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        string port = new Uri(sandbox.Environment["IMAGEKIT_API_ENDPOINT"]!).Port.ToString();

        CliResult second = await sandbox.RunAsync("emulator", "--port", port);

        second.AssertFailed(ExitCode.Failed, port);
    }

    [Fact]
    public async Task A_library_in_a_folder_is_there_again_and_the_sample_is_not_doubled()
    {
        await using Sandbox sandbox = new();
        string library = sandbox.Folder("library");

        Process first = await sandbox.StartEmulatorAsync("--root", library, "--sample");
        string before = await (await ListAsync(sandbox, sandbox.Environment["IMAGEKIT_PRIVATE_KEY"]!)).Content.ReadAsStringAsync();
        StopSignals.SendTerminate(first.Id);
        Assert.Equal(0, await Sandbox.EndAsync(first));
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = null;
        await sandbox.StartEmulatorAsync("--root", library, "--sample");
        string after = await (await ListAsync(sandbox, sandbox.Environment["IMAGEKIT_PRIVATE_KEY"]!)).Content.ReadAsStringAsync();

        Assert.Contains("\"name\"", before, StringComparison.Ordinal);
        Assert.Equal(CountRows(before), CountRows(after));
    }

    private static int CountRows(string json) => json.Split("\"name\"").Length;

    private static async Task<HttpResponseMessage> ListAsync(Sandbox sandbox, string key)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Get, $"{sandbox.Environment["IMAGEKIT_API_ENDPOINT"]}/v1/files?type=all&path=%2F");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(key + ":")));
        return await client.SendAsync(request);
    }
}
