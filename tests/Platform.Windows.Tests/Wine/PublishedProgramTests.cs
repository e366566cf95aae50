using Xunit;

namespace ImageKitFs.Platform.Windows.Tests.Wine;

/// <summary>The Windows program itself. Wine has no driver for WinFsp, so what is shown ends at its door.</summary>
[Collection(WineCollection.Name)]
public sealed class PublishedProgramTests(WineFixture wine)
{
    private const int BadKey = 3;
    private const int Busy = 9;
    private const int NotMounted = 16;
    private const int NoWinFsp = 21;
    private const int WinFspIncomplete = 22;
    private const int WinFspVersion = 23;
    private const int KeptLocally = 15;

    [Fact]
    public void The_published_folder_holds_no_binding() =>
        Assert.DoesNotContain(
            Directory.EnumerateFiles(wine.Published, "*", SearchOption.AllDirectories), file => Path.GetFileName(file).StartsWith("winfsp", StringComparison.OrdinalIgnoreCase));

    [Fact]
    public async Task Version_names_the_program_and_whose_driver_it_uses()
    {
        WineResult result = await wine.RunAsync(wine.Published, ["--version"]);

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("imagekitfs ", result.Output, StringComparison.Ordinal);
        Assert.Contains("WinFsp - Windows File System Proxy, Copyright (C) Bill Zissimopoulos", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("doctor")]
    [InlineData("mount", "X:", "--emulator", @"C:\library")]
    [InlineData("mount", "*", "--emulator", @"C:\library", "--foreground")]
    [InlineData("service", "install")]
    public async Task Without_WinFsp_every_command_that_needs_it_says_where_to_get_it(params string[] arguments)
    {
        WineResult result = await wine.RunAsync(wine.Published, arguments);

        Assert.Equal(NoWinFsp, result.ExitCode);
        Assert.Contains("WinFsp is not installed; get it from https://winfsp.dev", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_WinFsp_has_a_message_and_a_status_of_its_own()
    {
        WineResult result = await wine.RunAsync(wine.WithDamage, ["doctor"]);

        Assert.Equal(WinFspIncomplete, result.ExitCode);
        Assert.Contains("WinFsp is installed incompletely", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-native-part", WinFspIncomplete, "WinFsp is installed incompletely: its native part was not found")]
    [InlineData("other-version", WinFspVersion, "incorrect dll version (need 2.1, have 2.0)")]
    public async Task A_binding_that_does_not_fit_its_driver_is_told_by_doctor_and_mount_alike(string what, int status, string message)
    {
        Dictionary<string, string> standIn = new() { ["IMAGEKITFS_STANDIN"] = what };

        WineResult doctor = await wine.RunAsync(wine.WithBinding, ["doctor"], environment: standIn);
        WineResult mount = await wine.RunAsync(wine.WithBinding, ["mount", "X:", "--emulator", @"C:\library"], environment: standIn);

        Assert.Equal((status, status), (doctor.ExitCode, mount.ExitCode));
        Assert.Contains(message, doctor.Output, StringComparison.Ordinal);
        Assert.Contains(message, mount.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_binding_of_an_installation_is_found_through_the_registry()
    {
        string bin = Path.Combine(wine.Shared, "WinFsp", "bin");
        Directory.CreateDirectory(bin);
        File.Copy(WineFixture.StandIn, Path.Combine(bin, "winfsp-msil.dll"));
        string[] key = ["reg", "add", @"HKLM\SOFTWARE\WinFsp", "/v", "InstallDir", "/d", WineFixture.ToWindows(Path.GetDirectoryName(bin)!) + "\\", "/reg:32", "/f"];
        Assert.Equal(0, (await wine.RunToolAsync(key)).ExitCode);

        WineResult doctor = await wine.RunAsync(wine.Published, ["doctor"]);
        WineResult removed = await wine.RunToolAsync("reg", "delete", @"HKLM\SOFTWARE\WinFsp", "/reg:32", "/f");

        Assert.Equal(0, removed.ExitCode);
        Assert.Equal((0, ""), (doctor.ExitCode, doctor.Error));
        Assert.Contains($"pass  winfsp: WinFsp 2.0, {WineFixture.ToWindows(bin)}", doctor.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_is_registered_with_the_launcher_and_taken_back()
    {
        const string Key = @"HKLM\SOFTWARE\WinFsp\Services\imagekitfs";

        WineResult installed = await wine.RunAsync(wine.WithBinding, ["service", "install"]);
        WineResult registered = await wine.RunToolAsync("reg", "query", Key, "/reg:32");
        WineResult started = await wine.RunAsync(wine.WithBinding, ["service", "start", "X:"]);
        WineResult removed = await wine.RunAsync(wine.WithBinding, ["service", "remove"]);
        WineResult gone = await wine.RunToolAsync("reg", "query", Key, "/reg:32");

        Assert.Equal((0, ""), (installed.ExitCode, installed.Error));
        Assert.Contains(WineFixture.ToWindows(Path.Combine(wine.WithBinding, "imagekitfs.exe")), registered.Output, StringComparison.Ordinal);
        Assert.Contains("mount %2 --foreground --network-path %1", registered.Output, StringComparison.Ordinal);
        Assert.Contains("D:P(A;;RPWPLC;;;WD)", registered.Output, StringComparison.Ordinal);
        Assert.Equal(NoWinFsp, started.ExitCode); // The stand-in brings no launcher.
        Assert.Contains("launchctl-x64.exe was not found", started.Error, StringComparison.Ordinal);
        Assert.Equal((0, ""), (removed.ExitCode, removed.Error));
        Assert.NotEqual(0, gone.ExitCode);
    }

    [Fact]
    public async Task The_self_check_passes_on_a_binding_that_fits()
    {
        WineResult result = await wine.RunAsync(wine.WithBinding, ["doctor"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("pass  winfsp: WinFsp 2.0", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stored_key_is_encrypted_opens_the_account_and_cannot_be_changed()
    {
        (WineProcess emulator, string origin) = await wine.StartEmulatorAsync();
        const string Key = "private_emulator_key";
        WineResult login = await wine.RunAsync(
            wine.Published, ["login", "--profile", "stored", "--url-endpoint", origin + "/demo", "--api-endpoint", origin, "--upload-endpoint", origin], input: Key);
        string file = wine.FindFile("stored.json");
        string stored = await File.ReadAllTextAsync(file);

        WineResult opened = await wine.RunAsync(wine.Published, ["doctor", "--profile", "stored"]);
        WineResult listed = await wine.RunAsync(wine.Published, ["profiles"]);
        string local = Path.Combine(wine.Shared, "übung 1.txt");
        await File.WriteAllTextAsync(local, "from a file");
        WineResult put = await wine.RunAsync(wine.Published, ["put", WineFixture.ToWindows(local), "--profile", "stored"]);
        WineResult names = await wine.RunAsync(wine.Published, ["ls", "--profile", "stored"]);
        WineResult got = await wine.RunAsync(wine.Published, ["get", "/übung 1.txt", WineFixture.ToWindows(local + ".copy"), "--profile", "stored"]);
        await File.WriteAllTextAsync(file, stored.Replace("\"key\": \"AQ", "\"key\": \"Ag", StringComparison.Ordinal).Replace("AAAA", "AAAB", StringComparison.Ordinal));
        WineResult changed = await wine.RunAsync(wine.WithBinding, ["doctor", "--profile", "stored"]);
        WineResult removed = await wine.RunAsync(wine.Published, ["logout", "--profile", "stored"]);
        emulator.Kill();

        Assert.Equal(0, login.ExitCode);
        Assert.DoesNotContain(Key, stored, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Key)), stored, StringComparison.Ordinal);
        Assert.Contains("pass  key: the key opens the library and may write (profile stored (dpapi))", opened.Output, StringComparison.Ordinal);
        Assert.Equal($"stored  {origin}/demo  key encrypted for this user (DPAPI)", listed.Output.Trim());
        Assert.Equal((0, ""), (put.ExitCode, put.Error));
        Assert.Equal("übung 1.txt", names.Output.Trim());
        Assert.Equal((0, ""), (got.ExitCode, got.Error));
        Assert.Equal("from a file", await File.ReadAllTextAsync(local + ".copy"));
        Assert.Equal(BadKey, changed.ExitCode);
        Assert.Contains("cannot be read", changed.Output, StringComparison.Ordinal);
        Assert.Equal(0, removed.ExitCode);
        Assert.DoesNotContain(Key, login.Output + login.Error + opened.Output + listed.Output + changed.Output + changed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_program_writes_through_the_drive_is_in_the_library_after_the_unmount()
    {
        (string script, Dictionary<string, string> environment) = Script("first", @"write \from a program.txt|hello", @"read \From A Program.TXT", @"read \missing.txt");
        WineResult mounted = await wine.RunAsync(wine.WithBinding, ["mount", "W:", "--emulator", @"C:\drive"], environment: environment);
        await WineProcess.UntilAsync(() => File.Exists(script + ".told"), isRunning: () => true);

        WineResult unmounted = await wine.RunAsync(wine.WithBinding, ["umount", "W:"]);
        WineResult got = await wine.RunAsync(wine.WithBinding, ["get", "/from a program.txt", "-", "--emulator", @"C:\drive"]);

        Assert.Equal((0, ""), (mounted.ExitCode, mounted.Error));
        Assert.Equal(
            [@"write \from a program.txt|hello: 0x00000000", @"read \From A Program.TXT: hello", @"read \missing.txt: 0xC0000034", "done"],
            (await File.ReadAllTextAsync(script + ".told")).Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((0, ""), (unmounted.ExitCode, unmounted.Error));
        Assert.Equal((0, "hello"), (got.ExitCode, got.Output));
    }

    [Fact]
    public async Task What_could_not_be_stored_is_in_the_event_log_and_in_the_exit_status()
    {
        (WineProcess emulator, string origin) = await wine.StartEmulatorAsync("--fault", "upload=status:403:No.");
        (string script, Dictionary<string, string> environment) = Script("second", @"write \refused.txt|hello");
        environment["IMAGEKIT_URL_ENDPOINT"] = origin + "/demo";
        environment["IMAGEKIT_API_ENDPOINT"] = environment["IMAGEKIT_UPLOAD_ENDPOINT"] = origin;
        environment["IMAGEKIT_PRIVATE_KEY"] = "private_emulator_key";
        environment["WINEDEBUG"] = "-all,err+eventlog"; // Wine's event log is its standard error.

        WineProcess mount = wine.StartProgram(wine.WithBinding, ["mount", "V:", "--foreground", "--log-file", @"C:\refused.log"], environment: environment);
        await mount.UntilAsync(() => File.Exists(script + ".told"));
        WineResult unmounted = await wine.RunAsync(wine.WithBinding, ["umount", "V:"]);
        WineResult ended = await mount.EndAsync();
        emulator.Kill();

        Assert.Matches(@"eventlog:ReportEventW.*refused\.txt was closed, and storing it failed", ended.Error);
        Assert.Equal((KeptLocally, KeptLocally), (ended.ExitCode, unmounted.ExitCode));
    }

    [Fact]
    public async Task A_star_mounts_at_a_free_letter_that_status_tells()
    {
        WineResult mounted = await wine.RunAsync(wine.WithBinding, ["mount", "*", "--emulator", @"C:\any", "--close-wait", "5s"]);
        WineResult listed = await wine.RunAsync(wine.WithBinding, ["status"]);
        WineResult unmounted = await wine.RunAsync(wine.WithBinding, ["umount", "z:"]);

        Assert.EndsWith(" at Z:", mounted.Output.Trim(), StringComparison.Ordinal);
        Assert.Contains("Z:: mounted", listed.Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (unmounted.ExitCode, unmounted.Error));
    }

    [Fact]
    public async Task A_background_mount_is_listed_refuses_a_second_one_and_ends_at_umount()
    {
        // The reference of the binding says yes and calls nothing: what runs is everything of ours around it.
        WineResult mounted = await wine.RunAsync(wine.WithBinding, ["mount", "x:", "--emulator", @"C:\library", "--commit", "journal"]);
        WineResult listed = await wine.RunAsync(wine.WithBinding, ["status"]);
        WineResult second = await wine.RunAsync(wine.WithBinding, ["mount", @"X:\", "--emulator", @"C:\library"]);
        WineResult unmounted = await wine.RunAsync(wine.WithBinding, ["umount", "X:"]);
        WineResult again = await wine.RunAsync(wine.WithBinding, ["umount", "X:"]);

        Assert.Equal((0, ""), (mounted.ExitCode, mounted.Error));
        Assert.EndsWith(" at X:", mounted.Output.Trim(), StringComparison.Ordinal);
        Assert.Contains("X:: mounted", listed.Output, StringComparison.Ordinal);
        Assert.Equal(Busy, second.ExitCode);
        Assert.Equal((0, ""), (unmounted.ExitCode, unmounted.Error));
        Assert.Equal(NotMounted, again.ExitCode);
    }

    private (string Script, Dictionary<string, string> Environment) Script(string name, params string[] lines)
    {
        string script = Path.Combine(wine.Shared, name + ".script");
        File.WriteAllLines(script, lines);
        return (script, new() { ["IMAGEKITFS_STANDIN_SCRIPT"] = WineFixture.ToWindows(script) });
    }
}
