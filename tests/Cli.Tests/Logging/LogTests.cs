using ImageKitFs.Cli.Logging;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Tests.Logging;

public sealed class LogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    [Fact]
    public void A_full_log_moves_on_and_the_oldest_goes()
    {
        string path = Path.Combine(_folder, "sub", "mount.log");
        using (RollingLogFile log = new(path, maxBytes: 10))
        {
            foreach (string line in (string[])["first..", "second.", "third..", "fourth."])
                log.WriteLine(line);
        }

        Assert.Equal("fourth.\n", File.ReadAllText(path));
        Assert.Equal("third..\n", File.ReadAllText(path + ".1"));
        Assert.Equal("second.\n", File.ReadAllText(path + ".2"));
        Assert.Equal(RollingLogFile.Files, Directory.GetFiles(Path.GetDirectoryName(path)!).Length);
    }

    [Fact]
    public void A_log_is_readable_by_its_owner_only()
    {
        string path = Path.Combine(_folder, "mount.log");
        using RollingLogFile log = new(path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_log_that_cannot_be_opened_says_so_in_one_line()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");

        CliException error = Assert.Throws<CliException>(() => new RollingLogFile(Path.Combine(_folder, "file", "mount.log")));

        Assert.Equal(ExitCode.CacheUnusable, error.Code);
    }

    [Fact]
    public void A_name_with_a_line_break_stays_on_its_line()
    {
        List<string> lines = [];
        using RecordLoggerProvider provider = new(record => lines.Add(LogText.Of(record, withStack: false)), TimeProvider.System);

        provider.CreateLogger("A.B.Room").LogError("cannot read {Name}", "a\nfatal Room: forged");

        string line = Assert.Single(lines);
        Assert.Contains("error Room: cannot read a\\nfatal", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
