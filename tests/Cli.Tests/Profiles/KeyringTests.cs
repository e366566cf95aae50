using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Profiles;

/// <summary>A real keyring daemon on a bus of its own.</summary>
public sealed class KeyringTests
{
    private const string Key = "private_Ring5Secret";

    // The daemon takes the password from its input, makes the login keyring, and is there when it owns its name.
    private const string Prelude = """
        set -u
        gnome-keyring-daemon --unlock --foreground --components=secrets <password >/dev/null 2>&1 &
        daemon=$!
        trap 'kill $daemon 2>/dev/null; wait' EXIT
        owned() { dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q 'boolean true'; }
        until owned; do kill -0 $daemon || exit 99; sleep 0.05; done
        lock() { dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null; }

        """;

    [Fact]
    public async Task The_key_is_kept_in_the_keyring_used_from_there_and_removed_with_the_profile()
    {
        await using Sandbox sandbox = await StartAsync();

        CliResult result = await RunAsync(sandbox, """
            "$program" login --profile ring < key || exit
            "$program" profiles
            "$program" ls --profile ring | head -n 1
            "$program" login --profile ring < key || exit
            "$program" logout --profile ring || exit
            "$program" login --profile again --keep keyring < key
            """);

        result.AssertOk();
        Assert.Contains("Stored profile ring: the key is in the keyring (Secret Service)", result.Output, StringComparison.Ordinal);
        Assert.Contains("key in the keyring (Secret Service)\ncampaigns/\n", result.Output, StringComparison.Ordinal);
        string profile = await File.ReadAllTextAsync(sandbox.Path("config/imagekitfs/profiles/again.json"));
        Assert.Contains("keyringId", profile, StringComparison.Ordinal);
        Assert.DoesNotContain("\"key\"", profile, StringComparison.Ordinal);
        Assert.DoesNotContain("Ring5Secret", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_bus_the_profile_says_where_its_key_is()
    {
        await using Sandbox sandbox = await StartAsync();
        (await RunAsync(sandbox, "\"$program\" login --profile ring < key")).AssertOk();

        CliResult used = await sandbox.RunAsync("ls", "--profile", "ring");
        CliResult logout = await sandbox.RunAsync("logout", "--profile", "ring");
        CliResult forced = await sandbox.RunAsync("logout", "--profile", "ring", "--force");

        used.AssertFailed(ExitCode.BadKey, "keyring");
        logout.AssertFailed(ExitCode.Failed, "--force");
        forced.AssertOk();
    }

    [Fact]
    public async Task A_locked_keyring_that_nobody_can_unlock_is_told_and_login_keeps_the_key_in_a_file()
    {
        await using Sandbox sandbox = await StartAsync();

        CliResult result = await RunAsync(sandbox, """
            "$program" login --profile ring < key || exit
            lock
            "$program" ls --profile ring
            echo "ended with $?"
            "$program" login --profile other < key
            """);

        result.AssertOk();
        Assert.Contains("ended with 3", result.Output, StringComparison.Ordinal);
        Assert.Contains("cannot be read from the keyring: the keyring is locked", result.Error, StringComparison.Ordinal);
        Assert.Contains("Stored profile other: the key is in /", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_keyring_is_offered_the_file_is_taken_and_the_keyring_cannot_be_demanded()
    {
        await using Sandbox sandbox = await StartAsync();

        CliResult auto = await sandbox.RunWithLinesAsync([Key], "login");
        CliResult demanded = await sandbox.RunWithLinesAsync([Key], "login", "--keep", "keyring");

        Assert.Contains("readable by you alone", auto.Output, StringComparison.Ordinal);
        Assert.Equal((int)ExitCode.Failed, demanded.ExitCode);
        Assert.Contains("no session bus", demanded.Error, StringComparison.Ordinal);
    }

    private static async Task<Sandbox> StartAsync()
    {
        Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--key", Key, "--sample");
        sandbox.Environment["IMAGEKIT_PRIVATE_KEY"] = null;
        sandbox.Environment["XDG_DATA_HOME"] = sandbox.Folder("data");
        sandbox.Environment["XDG_RUNTIME_DIR"] = sandbox.Folder("run");
        sandbox.Environment["DISPLAY"] = null;
        sandbox.Environment["WAYLAND_DISPLAY"] = null;
        sandbox.Environment["program"] = Sandbox.Executable;
        File.SetUnixFileMode(sandbox.Path("run"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(sandbox.Path("password"), "a password");
        await File.WriteAllTextAsync(sandbox.Path("key"), Key + "\n");
        return sandbox;
    }

    private static Task<CliResult> RunAsync(Sandbox sandbox, string script) =>
        sandbox.RunProgramAsync("dbus-run-session", "--", "bash", "-c", Prelude + script);
}
