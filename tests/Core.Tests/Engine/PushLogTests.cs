using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>Changes that do not get into the library are told, and do not fill the log.</summary>
public sealed class PushLogTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(580);

    private readonly ManualTimeProvider _time = new();
    private readonly TestLog _log = new();
    private readonly PushLog _push;

    public PushLogTests() => _push = new PushLog(_time, _log, () => 7);

    [Fact]
    public void The_first_failure_is_told_and_the_rest_in_a_line_a_minute()
    {
        PushResult busy = PushResult.RetryLater(FsError.Busy, "a folder job holds it");

        for (int i = 0; i < 100; i++)
        {
            _push.Retried("upload", $"/f{i}", busy, Delay);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(
        [
            "Warning: upload of /f0 did not get through: a folder job holds it. It is tried again in 580 ms.",
            "Warning: Still failing: 7 changes wait for the library, the last one tried was the upload of /f60: a folder job holds it. They are kept; `imagekitfs status` lists them.",
        ],
        _log.Lines);
    }

    [Fact]
    public void Another_reason_or_the_same_one_after_a_while_is_news()
    {
        _push.Retried("upload", "/a", PushResult.RetryLater(FsError.Busy, "busy"), Delay);
        _push.Retried("upload", "/a", PushResult.RetryLater(FsError.Remote, "odd"), Delay);
        _time.Advance(TimeSpan.FromMinutes(5));
        _push.Retried("upload", "/a", PushResult.RetryLater(FsError.Busy, "busy"), Delay);

        Assert.Equal(3, _log.Lines.Count);
        Assert.All(_log.Lines, line => Assert.Contains("did not get through", line, StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_client_has_told_is_not_told_again_but_is_not_forgotten()
    {
        PushResult away = PushResult.RetryLater(FsError.Remote, "away") with { IsTold = true };
        PushResult key = PushResult.Refuse(FsError.AccessDenied, "key") with { IsTold = true };

        _push.Retried("upload", "/a", away, Delay);
        _push.Refused("upload", "/b", key);
        Assert.Empty(_log.Lines);
        _time.Advance(TimeSpan.FromMinutes(1));
        _push.Retried("upload", "/a", away, Delay);

        Assert.StartsWith("Warning: Still failing: 7 changes wait", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_change_refused_for_a_reason_of_its_own_is_told()
    {
        PushResult large = PushResult.Refuse(FsError.TooLarge, "too large");

        _push.Refused("upload", "/a", large);
        _push.Refused("upload", "/b", large);

        Assert.Equal(2, _log.Lines.Count);
        Assert.All(_log.Lines, line => Assert.StartsWith("Error: upload of /", line, StringComparison.Ordinal));
    }
}
