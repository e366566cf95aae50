using System.Text;
using ImageKitFs.Cli.Logging;

namespace ImageKitFs.Cli.Tests.Logging;

/// <summary>logrotate and its like work on a log that is being written: no line is lost.</summary>
public sealed class RotationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    private string Log => Path.Combine(_folder, "mount.log");

    [Fact]
    public void A_file_that_was_moved_away_is_made_anew_before_the_next_line()
    {
        using RollingLogFile log = new(Log);
        log.WriteLine("one");
        File.Move(Log, Log + "-20261122");

        log.WriteLine("two");

        Assert.Equal(("one\n", "two\n"), (File.ReadAllText(Log + "-20261122"), File.ReadAllText(Log)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Log));
    }

    [Fact]
    public void A_file_that_was_moved_away_and_made_by_the_rotator_is_the_one_that_is_written()
    {
        using RollingLogFile log = new(Log);
        log.WriteLine("one");
        File.Move(Log, Log + ".old");
        File.WriteAllText(Log, "");

        log.WriteLine("two");

        Assert.Equal(("one\n", "two\n"), (File.ReadAllText(Log + ".old"), File.ReadAllText(Log)));
    }

    [Fact]
    public void A_file_that_was_deleted_is_made_anew()
    {
        using RollingLogFile log = new(Log);
        log.WriteLine("one");
        File.Delete(Log);

        log.WriteLine("two");

        Assert.Equal("two\n", File.ReadAllText(Log));
    }

    [Fact]
    public void A_file_that_was_copied_and_cut_goes_on_at_its_start()
    {
        using RollingLogFile log = new(Log);
        log.WriteLine("a long first line");
        File.Copy(Log, Log + ".1");
        using (FileStream cut = new(Log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            cut.SetLength(0);

        log.WriteLine("two");

        Assert.Equal("two\n"u8.ToArray(), File.ReadAllBytes(Log));
    }

    [Fact]
    public void A_folder_that_is_gone_costs_no_line()
    {
        string below = Path.Combine(_folder, "sub", "mount.log");
        using RollingLogFile log = new(below);
        log.WriteLine("one");
        Directory.Move(Path.Combine(_folder, "sub"), Path.Combine(_folder, "moved"));

        log.WriteLine("two");

        Assert.Equal("one\ntwo\n", File.ReadAllText(Path.Combine(_folder, "moved", "mount.log")));
    }

    [Fact]
    public async Task Two_writers_of_one_log_that_both_roll_it_lose_nothing()
    {
        const int Lines = 300;
        using RollingLogFile first = new(Log, maxBytes: 1_000_000);
        using RollingLogFile second = new(Log, maxBytes: 1_000_000);

        await Task.WhenAll(Task.Run(() => Write(first, "a")), Task.Run(() => Write(second, "b")));
        File.Move(Log, Log + ".x");
        first.WriteLine("after");
        second.WriteLine("after");

        string[] lines = File.ReadAllLines(Log + ".x");
        Assert.Equal(2 * Lines, lines.Length);
        Assert.All(lines, line => Assert.Matches("^[ab] [0-9]+ x{100}$", line));
        Assert.Equal(["after", "after"], File.ReadAllLines(Log));

        static void Write(RollingLogFile log, string name)
        {
            for (int i = 0; i < Lines; i++)
                log.WriteLine($"{name} {i} {new string('x', 100)}");
        }
    }

    [Fact]
    public void A_log_that_was_there_is_appended_to()
    {
        File.WriteAllText(Log, "before\n");
        using (RollingLogFile log = new(Log))
            log.WriteLine("then");

        Assert.Equal("before\nthen\n", File.ReadAllText(Log, Encoding.UTF8));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
