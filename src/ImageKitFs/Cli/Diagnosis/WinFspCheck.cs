using System.Runtime.Versioning;
using ImageKitFs.Platform.Windows;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>Whether WinFsp is there and fits.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WinFspCheck : ICheck
{
    public string Name => "winfsp";

    public Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct)
    {
        WinFspProbe probe = WinFspBinding.Probe();
        return Task.FromResult<IReadOnlyList<Finding>>(
            [probe.Failure is { } failure ? new Finding(FindingStatus.Fail, Name, probe.Message, Advice: null, failure.ToExitCode()) : Finding.Pass(Name, probe.Message)]);
    }
}
