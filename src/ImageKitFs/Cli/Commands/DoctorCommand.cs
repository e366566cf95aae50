using System.CommandLine;
using System.Runtime.Versioning;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Platform.Linux;
using ImageKitFs.Platform.Windows;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImageKitFs.Cli.Commands;

/// <summary>`doctor`: what this machine has and lacks for mounting, one line each; with an account, whether it opens.</summary>
internal sealed class DoctorCommand
{
    private ExitCode _first = ExitCode.Ok;

    public static Command Build()
    {
        Option<string?> profile = new("--profile") { HelpName = "P", Description = "Also try this stored account." };
        Command command = new("doctor", "Check what this machine has and lacks for mounting.") { profile };
        command.SetAction(async (result, ct) => (int)await new DoctorCommand().RunAsync(result.GetValue(profile), ct));
        return command;
    }

    private async Task<ExitCode> RunAsync(string? profile, CancellationToken ct)
    {
        Console.Out.WriteLine($"imagekitfs {CommandTree.Version}");
        if (OperatingSystem.IsLinux())
            LookAtLinux();
        else if (OperatingSystem.IsWindows())
            LookAtWindows();
        if (profile is not null)
            await LookAtAccountAsync(profile, ct);
        return _first;
    }

    [SupportedOSPlatform("linux")]
    private void LookAtLinux()
    {
        FuseProbe probe = FuseMount.Probe();
        Tell(probe.DeviceExists, "/dev/fuse exists", "there is no /dev/fuse (modprobe fuse; in a container: --device /dev/fuse --cap-add SYS_ADMIN)", ExitCode.NoFuseDevice);
        if (probe.DeviceExists)
            Tell(probe.DeviceUsable, "/dev/fuse can be opened", "/dev/fuse cannot be opened by this user", ExitCode.NotPermitted);
        Tell(
            probe.CanMountDirectly || probe.Fusermount is not null,
            probe.Fusermount is null ? "this user may mount" : $"fusermount3 is {probe.Fusermount}",
            "fusermount3 is not installed (package fuse3)",
            ExitCode.NoFusermount);
    }

    [SupportedOSPlatform("windows")]
    private void LookAtWindows()
    {
        WinFspProbe probe = WinFspBinding.Probe();
        Tell(probe.Failure is null, probe.Message, probe.Message, probe.Failure?.ToExitCode() ?? ExitCode.Ok);
    }

    // In folders of its own, gone afterwards: a mount that runs keeps its own locked.
    private async Task LookAtAccountAsync(string profile, CancellationToken ct)
    {
        string folder = Directory.CreateTempSubdirectory("imagekitfs-doctor-").FullName;
        try
        {
            MountRequest request = new() { MountPoint = "doctor", Profile = profile, CacheFolder = folder, ReadOnly = true };
            MountOptions options = MountOptionsFactory.Create(request, emulator: null);
            await using MediaVolume volume = await MediaVolume.OpenAsync(options, NullLoggerFactory.Instance, TimeProvider.System, ct);
            Tell(isWell: true, $"{options.Endpoints.Delivery.ToString().TrimEnd('/')} opens with the key of profile {profile}", "", ExitCode.Ok);
        }
        catch (VolumeException e)
        {
            Tell(isWell: false, "", e.Message, e.Failure.ToExitCode());
        }
        catch (CliException e)
        {
            Tell(isWell: false, "", e.Message, e.Code);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Tell(bool isWell, string good, string bad, ExitCode code)
    {
        Console.Out.WriteLine(isWell ? $"ok    {good}" : $"FAIL  {bad}");
        if (!isWell && _first == ExitCode.Ok)
            _first = code;
    }
}
