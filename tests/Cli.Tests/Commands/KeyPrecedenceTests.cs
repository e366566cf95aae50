using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Commands;

/// <summary>Which of several keys opens the account: the right one is in one place, a wrong one in every place that comes behind it.</summary>
public sealed class KeyPrecedenceTests
{
    private const string Right = "private_right";
    private const string Wrong = "private_wrong";

    [Theory]
    [InlineData("file")]
    [InlineData("profile")]
    [InlineData("environment")]
    [InlineData("credential")]
    public async Task The_first_place_that_has_a_key_decides(string place)
    {
        string[] order = ["file", "profile", "environment", "credential"];
        int at = Array.IndexOf(order, place);
        string KeyOf(string name) => name == place ? Right : Wrong;
        bool Has(string name) => Array.IndexOf(order, name) >= at;
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--key", Right);
        (await sandbox.RunWithLinesAsync([KeyOf("profile")], "login", "--no-check", "--profile", "work")).AssertOk();
        Write(sandbox.Path("key"), KeyOf("file"), UnixFileMode.UserRead);
        sandbox.Folder("credentials");
        // As systemd gives it to a service of a user: let in by an access list, which shows as a right of the group.
        Write(sandbox.Path("credentials/imagekit.key"), KeyOf("credential"), UnixFileMode.UserRead | UnixFileMode.GroupRead);

        sandbox.Environment["CREDENTIALS_DIRECTORY"] = sandbox.Path("credentials");
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = Has("environment") ? KeyOf("environment") : null;
        List<string> arguments = ["ls"];
        if (Has("file"))
            arguments.AddRange(["--key-file", sandbox.Path("key")]);
        if (Has("profile"))
            arguments.AddRange(["--profile", "work"]);
        CliResult listed = await sandbox.RunAsync([.. arguments]);

        listed.AssertOk();
    }

    [Fact]
    public async Task A_credential_that_everybody_can_read_is_refused()
    {
        await using Sandbox sandbox = new();
        sandbox.Folder("credentials");
        Write(sandbox.Path("credentials/imagekit.key"), Right, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        sandbox.Environment["CREDENTIALS_DIRECTORY"] = sandbox.Path("credentials");

        (await sandbox.RunAsync("ls", "--url-endpoint", "https://ik.imagekit.io/demo")).AssertFailed(ExitCode.BadKey, "chmod 600");
    }

    [Fact]
    public async Task A_profiles_other_endpoint_is_taken_by_option()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--key", Right, "--sample");
        (await sandbox.RunWithLinesAsync([Right], "login", "--profile", "work")).AssertOk();
        string custom = sandbox.Environment["IMAGEKIT_URL_ENDPOINT"]!.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = null;

        CliResult copied = await sandbox.RunAsync("get", "/readme.txt", sandbox.Path("copy.txt"), "--profile", "work", "--url-endpoint", custom);

        copied.AssertOk();
        Assert.True(File.Exists(sandbox.Path("copy.txt")));
    }

    private static void Write(string file, string content, UnixFileMode mode)
    {
        File.WriteAllText(file, content);
        File.SetUnixFileMode(file, mode);
    }
}
