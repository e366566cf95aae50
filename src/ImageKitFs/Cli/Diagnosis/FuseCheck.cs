using System.Runtime.Versioning;
using ImageKitFs.Platform.Linux;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>Whether this user can mount with FUSE.</summary>
[SupportedOSPlatform("linux")]
internal sealed class FuseCheck : ICheck
{
    public string Name => "fuse";

    public Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct) => Task.FromResult(Judge(FuseMount.Probe()));

    /// <summary>From what the machine offers to words.</summary>
    public IReadOnlyList<Finding> Judge(FuseProbe probe)
    {
        List<Finding> findings = [];
        if (!probe.DeviceExists)
            findings.Add(Finding.Fail(Name, "there is no /dev/fuse", "modprobe fuse; in a container: --device /dev/fuse --cap-add SYS_ADMIN", ExitCode.NoFuseDevice));
        else if (!probe.DeviceUsable)
            findings.Add(Finding.Fail(Name, "/dev/fuse cannot be opened by this user", "see its permissions (usually 0666); in a container: --device /dev/fuse", ExitCode.NotPermitted));
        else
            findings.Add(Finding.Pass(Name, $"/dev/fuse can be opened (kernel {probe.KernelRelease})"));

        if (probe.Fusermount is { } program)
            findings.Add(Finding.Pass(Name, $"users mount with {program}"));
        else if (probe.CanMountDirectly)
            findings.Add(Finding.Pass(Name, "this user may mount; others need fusermount3 (package fuse3)"));
        else
            findings.Add(Finding.Fail(Name, "fusermount3 is not installed", "install the package fuse3", ExitCode.NoFusermount));

        if (probe.UsersMayShare || probe.CanMountDirectly)
            findings.Add(Finding.Pass(Name, "--allow-other may be used"));
        else
            findings.Add(Finding.Info(Name, "--allow-other may not be used by this user", "where other users are to see the mount, add user_allow_other to /etc/fuse.conf"));
        return findings;
    }
}
