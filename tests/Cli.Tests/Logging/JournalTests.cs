using ImageKitFs.Cli.Logging;
using ImageKitFs.Cli.Tests.Support;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Tests.Logging;

/// <summary>The journal's own protocol, against a socket that stands in for it.</summary>
public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    [Fact]
    public async Task An_event_is_one_datagram_of_fields()
    {
        using JournalSocket socket = new(Path.Combine(_folder, "socket"));
        using Journal journal = new(socket.Path, "/mnt/media");
        LogRecord record = LogFormatTests.Record(log => log.LogError(
            new EventId(11, "OperationFailed"), "{Operation} of {Path} failed with {Errno}: {Cause}", "read", "/a.jpg", "EIO", "gone [request r1]"));

        Assert.True(journal.TryWrite(record));

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["MESSAGE"] = "read of /a.jpg failed with EIO: gone [request r1]",
                ["PRIORITY"] = "3",
                ["SYSLOG_IDENTIFIER"] = "imagekitfs",
                ["IMAGEKITFS_MOUNT"] = "/mnt/media",
                ["IMAGEKITFS_CATEGORY"] = "Room",
                ["IMAGEKITFS_EVENT"] = "OperationFailed",
                ["IMAGEKITFS_PATH"] = "/a.jpg",
                ["IMAGEKITFS_OPERATION"] = "read",
                ["IMAGEKITFS_ERRNO"] = "EIO",
                ["IMAGEKITFS_REQUEST_ID"] = "r1",
            },
            await socket.ReceiveAsync());
    }

    [Fact]
    public async Task A_name_with_a_line_break_cannot_forge_a_field_and_a_long_text_is_cut()
    {
        using JournalSocket socket = new(Path.Combine(_folder, "socket"));
        using Journal journal = new(socket.Path, "/mnt/media");
        LogRecord record = LogFormatTests.Record(log => log.LogInformation("{Path}: {Text}", "/a\nPRIORITY=0\nb", new string('x', 1 << 20)));

        Assert.True(journal.TryWrite(record));

        Dictionary<string, string> fields = await socket.ReceiveAsync();
        Assert.Equal(("/a\nPRIORITY=0\nb", "6"), (fields["IMAGEKITFS_PATH"], fields["PRIORITY"]));
        Assert.InRange(fields["MESSAGE"].Length, 1000, 40_000);
    }

    [Fact]
    public void Without_a_journal_nothing_is_taken_and_nothing_is_thrown()
    {
        using Journal journal = new(Path.Combine(_folder, "nobody"), "/mnt");

        Assert.False(journal.TryWrite(LogFormatTests.Record(log => log.LogError("x"))));
    }

    [Fact]
    public void Asking_for_a_journal_that_is_not_there_is_refused_in_one_line()
    {
        CliException error = Assert.Throws<CliException>(() =>
        {
            using LogSetup log = new(
                new LogOptions { ToJournal = true }, name => name == Journal.SocketVariable ? Path.Combine(_folder, "nobody") : null, TimeProvider.System);
        });

        Assert.Equal(ExitCode.CacheUnusable, error.Code);
        Assert.Contains("--log-target", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
