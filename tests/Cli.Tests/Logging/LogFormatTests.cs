using System.Text.Json;
using ImageKitFs.Cli.Logging;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Tests.Logging;

public sealed class LogFormatTests
{
    [Fact]
    public void An_event_is_one_JSON_object_with_what_the_message_says_in_fields()
    {
        string line = LogJson.Of(Record(log => log.LogWarning(
            new EventId(11, "OperationFailed"), "{Operation} of {Path} failed with {Errno}: {Cause}", "read", "/a \"b\"\nc é.jpg", "EIO", "Server (503): [request 4f-9a]")));

        Assert.DoesNotContain('\n', line);
        JsonElement json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(
            ["time", "level", "category", "eventId", "event", "message", "path", "operation", "errno", "requestId"], json.EnumerateObject().Select(field => field.Name));
        Assert.Equal("warning", json.GetProperty("level").GetString());
        Assert.Equal(11, json.GetProperty("eventId").GetInt32());
        Assert.Equal("/a \"b\"\nc é.jpg", json.GetProperty("path").GetString());
        Assert.Equal(("read", "EIO", "4f-9a"), (json.GetProperty("operation").GetString(), json.GetProperty("errno").GetString(), json.GetProperty("requestId").GetString()));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", json.GetProperty("time").GetString());
    }

    [Fact]
    public void A_line_about_a_path_or_a_rate_limit_has_its_fields_too()
    {
        LogRecord limit = Record(log => log.LogWarning("ImageKit asks to slow down (429 at {Doing} {Subject}, request {RequestId}): {Name} pause", "Listing", "/p", "r.7", "reads"));
        LogRecord push = Record(log => log.LogError("{Verb} of {Path} was refused: {Error}.", "upload", "/p", "no [request r8]"));

        Assert.Equal(("/p", "Listing", "r.7"), (limit.Path, limit.Operation, limit.RequestId));
        Assert.Equal(("/p", "upload", "r8"), (push.Path, push.Operation, push.RequestId));
    }

    [Fact]
    public void An_exception_is_a_field_and_its_stack_another()
    {
        Exception thrown = Assert.Throws<InvalidOperationException>((Action)(() => throw new InvalidOperationException("bug")));

        JsonElement json = JsonDocument.Parse(LogJson.Of(Record(log => log.LogError(thrown, "failed")))).RootElement;

        Assert.Equal("InvalidOperationException: bug", json.GetProperty("exception").GetString());
        Assert.Contains("   at ", json.GetProperty("stack").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_got_into_a_message_is_hidden_in_every_form()
    {
        Exception thrown = new InvalidOperationException("private_distinctive_4711 again");
        LogRecord record = Record(log => log.LogError(thrown, "used {Key}", "private_distinctive_4711"));

        Assert.DoesNotContain("distinctive", LogJson.Of(record) + LogText.Of(record, withStack: true), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LogTarget.Auto, true, null, false, "/default", false, false)]
    [InlineData(LogTarget.Auto, true, "/own", true, "/own", false, false)]
    [InlineData(LogTarget.Auto, false, null, false, null, true, false)]
    [InlineData(LogTarget.Auto, false, "/own", false, "/own", true, false)]
    [InlineData(LogTarget.Auto, false, null, true, null, false, true)]
    [InlineData(LogTarget.File, false, null, true, "/default", false, false)]
    [InlineData(LogTarget.Console, false, null, true, null, true, false)]
    [InlineData(LogTarget.Journald, true, null, false, null, false, true)]
    [InlineData(LogTarget.Journald, false, "/own", false, "/own", false, true)]
    internal void Lines_go_where_they_were_asked_to(LogTarget target, bool isLaunched, string? named, bool isJournal, string? file, bool console, bool journal)
    {
        LogOptions options = LogOptions.Choose(target, isLaunched, named, "/default", isJournal);

        Assert.Equal((file, console, journal), (options.FilePath, options.ToConsole, options.ToJournal));
    }

    internal static LogRecord Record(Action<ILogger> write)
    {
        List<LogRecord> records = [];
        using RecordLoggerProvider provider = new(records.Add, TimeProvider.System);
        write(provider.CreateLogger("ImageKitFs.Core.Engine.Room"));
        return Assert.Single(records);
    }
}
