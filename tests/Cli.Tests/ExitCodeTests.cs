using ImageKitFs.Cli.Tests.Support;
using ImageKitFs.Core.Engine;
using ImageKitFs.Platform.Linux;

namespace ImageKitFs.Cli.Tests;

public sealed class ExitCodeTests
{
    [Fact]
    public void Every_status_is_listed_in_the_readme()
    {
        string readme = Repository.ReadText("README.md");

        foreach (ExitCode code in Enum.GetValues<ExitCode>())
            Assert.Contains($"\n| {(int)code} | ", readme, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cause_of_engine_and_platform_has_a_status_other_than_success()
    {
        foreach (VolumeFailure failure in Enum.GetValues<VolumeFailure>())
            Assert.NotEqual(ExitCode.Ok, failure.ToExitCode());
        foreach (FuseMountFailure failure in Enum.GetValues<FuseMountFailure>())
            Assert.NotEqual(ExitCode.Ok, failure.ToExitCode());
    }
}
