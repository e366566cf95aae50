using System.Diagnostics;
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

    [Fact]
    public async Task The_self_check_passes_on_a_binding_that_fits()
    {
        WineResult result = await wine.RunAsync(wine.WithBinding, ["doctor"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("ok    WinFsp 2.0", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stored_key_is_encrypted_opens_the_account_and_cannot_be_changed()
    {
        (Process emulator, string origin) = await wine.StartEmulatorAsync();
        const string Key = "private_emulator_key";
        WineResult login = await wine.RunAsync(
            wine.Published, ["login", "--profile", "stored", "--url-endpoint", origin + "/demo", "--api-endpoint", origin, "--upload-endpoint", origin], input: Key);
        string file = wine.FindFile("stored.json");
        string stored = await File.ReadAllTextAsync(file);

        WineResult opened = await wine.RunAsync(wine.Published, ["doctor", "--profile", "stored"]);
        WineResult listed = await wine.RunAsync(wine.Published, ["profiles"]);
        await File.WriteAllTextAsync(file, stored.Replace("\"key\": \"AQ", "\"key\": \"Ag", StringComparison.Ordinal).Replace("AAAA", "AAAB", StringComparison.Ordinal));
        WineResult changed = await wine.RunAsync(wine.WithBinding, ["doctor", "--profile", "stored"]);
        WineResult removed = await wine.RunAsync(wine.Published, ["logout", "--profile", "stored"]);
        emulator.Kill();

        Assert.Equal(0, login.ExitCode);
        Assert.DoesNotContain(Key, stored, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Key)), stored, StringComparison.Ordinal);
        Assert.Contains($"ok    {origin}/demo opens with the key of profile stored", opened.Output, StringComparison.Ordinal);
        Assert.Equal($"stored  {origin}/demo", listed.Output.Trim());
        Assert.Equal(BadKey, changed.ExitCode);
        Assert.Contains("cannot be read", changed.Output, StringComparison.Ordinal);
        Assert.Equal(0, removed.ExitCode);
        Assert.DoesNotContain(Key, login.Output + login.Error + opened.Output + listed.Output + changed.Output + changed.Error, StringComparison.Ordinal);
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
}
