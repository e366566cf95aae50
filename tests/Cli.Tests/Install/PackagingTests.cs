using System.Text.RegularExpressions;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Install;

/// <summary>The scripts and manifests beside the program, as far as they can be checked without installing.</summary>
public sealed class PackagingTests
{
    [Theory]
    [InlineData("1000", "", "missing packages: wine; install them as root: apt-get install wine\n")]
    [InlineData("0", "exit 100", "cannot install: wine\n")]
    public async Task A_machine_where_wine_cannot_be_installed_fails_and_says_so(string user, string installer, string complaint)
    {
        await using Sandbox sandbox = new();
        string programs = sandbox.Folder("programs");
        Program("id", $"echo {user}");
        Program("apt-get", installer);
        sandbox.Environment["PATH"] = programs;

        CliResult result = await sandbox.RunProgramAsync("/bin/bash", "-c", $". '{Repository.PathOf("install/lib.sh")}'; need_packages wine:wine && echo went on");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal(complaint, result.Error);
        Assert.DoesNotContain("went on", result.Output, StringComparison.Ordinal);

        void Program(string name, string line)
        {
            File.WriteAllText(Path.Combine(programs, name), $"#!/bin/bash\n{line}\n");
            File.SetUnixFileMode(Path.Combine(programs, name), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void The_gate_gives_up_without_wine_and_hands_the_published_program_to_the_tests()
    {
        string gate = Repository.ReadText("install/test");

        Assert.Matches(@"need_packages [^|]*wine:wine [^|]*wine64[^|]*\|\| give_up", gate);
        Assert.Contains("export IMAGEKITFS_WINDOWS_PROGRAM=", gate, StringComparison.Ordinal);
        Assert.Contains("export IMAGEKITFS_WINDOWS_TESTS=", gate, StringComparison.Ordinal);
    }

    [Fact]
    public void The_winget_manifests_are_one_package_of_this_version_that_needs_WinFsp()
    {
        string version = Regex.Match(Repository.ReadText("Directory.Build.props"), "<Version>(.+?)</Version>").Groups[1].Value;
        string[] manifests = [.. Repository.Files("install/winget", "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllText)];

        Assert.Equal(["installer", "defaultLocale", "version"], manifests.Select(text => Value(text, "ManifestType")));
        Assert.All(manifests, text => Assert.Equal(
            ("ImageKitFs.ImageKitFs", version, "1.9.0"), (Value(text, "PackageIdentifier"), Value(text, "PackageVersion"), Value(text, "ManifestVersion"))));
        Assert.Equal("imagekitfs.exe", Value(manifests[0], "- RelativeFilePath"));
        Assert.Contains("PackageIdentifier: WinFsp.WinFsp", manifests[0], StringComparison.Ordinal);
        Assert.Equal(64, Value(manifests[0], "InstallerSha256").Trim('"').Length);
        Assert.Contains($"imagekitfs-{version}-win-x64.zip", manifests[0], StringComparison.Ordinal);

        static string Value(string text, string key) => Regex.Match(text, $@"^ *{Regex.Escape(key)}: (.+)$", RegexOptions.Multiline).Groups[1].Value.Trim();
    }

    [Fact]
    public void The_install_script_knows_the_statuses_options_and_keys_of_the_program()
    {
        string script = Repository.ReadText("install/install.ps1");

        // No PowerShell runs here; what it shares with the program must at least be spelled alike.
        Assert.Contains($"$health -ge {(int)ExitCode.NoWinFsp} -and $health -le {(int)ExitCode.WinFspVersion}", script, StringComparison.Ordinal);
        Assert.Contains($"$LASTEXITCODE -ne {(int)ExitCode.KeptLocally}", script, StringComparison.Ordinal);
        Assert.Contains(@"HKLM:\SOFTWARE\WOW6432Node\WinFsp\Services\imagekitfs", script, StringComparison.Ordinal);
        foreach (string command in (string[])["service install", "service remove", "status --json", "umount", "doctor", "--version"])
            Assert.Contains(command, script, StringComparison.Ordinal);
        Assert.Equal(script.Count(unit => unit == '{'), script.Count(unit => unit == '}'));
        Assert.Equal(script.Count(unit => unit == '('), script.Count(unit => unit == ')'));
    }
}
