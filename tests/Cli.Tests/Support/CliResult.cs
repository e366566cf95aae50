namespace ImageKitFs.Cli.Tests.Support;

/// <summary>How a run of the executable ended.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Error)
{
    public void AssertFailed(ExitCode expected, string inMessage)
    {
        Assert.True((int)expected == ExitCode, $"expected {expected}, got {ExitCode}: {Output}{Error}");
        Assert.Contains(inMessage, Error, StringComparison.Ordinal);
        AssertOneLine();
    }

    public void AssertOk() => Assert.True(ExitCode == 0, $"exit status {ExitCode}: {Output}{Error}");

    /// <summary>One line for the user, from us, and no stack trace.</summary>
    public void AssertOneLine()
    {
        Assert.StartsWith("imagekitfs: ", Error, StringComparison.Ordinal);
        Assert.Equal(1, Error.Count(c => c == '\n'));
        Assert.DoesNotContain("   at ", Error + Output, StringComparison.Ordinal);
    }
}
