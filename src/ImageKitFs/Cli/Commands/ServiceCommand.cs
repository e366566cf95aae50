using System.CommandLine;
using System.Diagnostics;
using System.Runtime.Versioning;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Profiles;
using ImageKitFs.Platform.Windows;
using Microsoft.Win32;

namespace ImageKitFs.Cli.Commands;

/// <summary>`service`: mounts that WinFsp's launcher starts, so that `net use X: \\imagekitfs\PROFILE` and Explorer's "map network drive" work.</summary>
/// <remarks>The launcher runs the program as the user who asks for the drive (RunAs "."), so that user's stored profile can be read. Source: winfsp.md section 9.</remarks>
internal static class ServiceCommand
{
    private const string ClassName = "imagekitfs";
    private const string ServiceKey = @"SOFTWARE\WinFsp\Services\" + ClassName;

    // Everyone may start (RP), stop (WP) and ask about (LC) an instance, which runs with that user's own rights.
    private const string Security = "D:P(A;;RPWPLC;;;WD)";

    public static Command Build()
    {
        Argument<string> drive = new("DRIVE") { Description = "Such as X:." };
        Option<string> profile = new("--profile") { HelpName = "P", Description = "Default: default.", DefaultValueFactory = _ => ProfileStore.DefaultName };
        Command install = new("install", "Register with WinFsp's launcher (as administrator).");
        install.SetAction(_ => OperatingSystem.IsWindows() ? (int)Install() : throw NotHere());
        Command remove = new("remove", "Take the registration back (as administrator).");
        remove.SetAction(_ => OperatingSystem.IsWindows() ? (int)Remove() : throw NotHere());
        Command start = new("start", "Mount a stored account through the launcher.") { drive, profile };
        start.SetAction(result => OperatingSystem.IsWindows()
            ? (int)Control("start", result.GetRequiredValue(profile), result.GetRequiredValue(drive))
            : throw NotHere());
        Command stop = new("stop", "Unmount what start mounted; it sends what is pending first.") { profile };
        stop.SetAction(result => OperatingSystem.IsWindows() ? (int)Control("stop", result.GetRequiredValue(profile), drive: null) : throw NotHere());
        return new Command("service", "Windows: drives through WinFsp's launcher and net use.") { install, remove, start, stop };
    }

    /// <summary>`\\imagekitfs\demo` names the profile demo.</summary>
    public static string ProfileOf(string networkPath) => networkPath[(networkPath.LastIndexOf('\\') + 1)..];

    [SupportedOSPlatform("windows")]
    private static ExitCode Install()
    {
        WindowsMounts.RequireWinFsp();
        string program = Environment.ProcessPath ?? throw new CliException(ExitCode.Failed, "cannot find this program's own file");
        using RegistryKey machine = Machine();
        using RegistryKey key = Permitted(() => machine.CreateSubKey(ServiceKey));
        key.SetValue("Executable", program);
        // %1 is the network path, %2 the drive.
        key.SetValue("CommandLine", $"mount %2 --foreground {MountCommand.NetworkPathOption} %1");
        key.SetValue("Security", Security);
        key.SetValue("RunAs", ".");
        key.SetValue("JobControl", 1, RegistryValueKind.DWord);
        key.SetValue("Credentials", 0, RegistryValueKind.DWord);
        Console.Out.WriteLine(@"Registered; as yourself: imagekitfs login, then net use X: \\imagekitfs\default");
        return ExitCode.Ok;
    }

    [SupportedOSPlatform("windows")]
    private static ExitCode Remove()
    {
        using RegistryKey machine = Machine();
        Permitted(() =>
        {
            machine.DeleteSubKeyTree(ServiceKey, throwOnMissingSubKey: false);
            return machine;
        });
        Console.Out.WriteLine("The registration is gone");
        return ExitCode.Ok;
    }

    [SupportedOSPlatform("windows")]
    private static ExitCode Control(string verb, string profile, string? drive)
    {
        string launcher = WinFspBinding.FindProgram("launchctl-x64.exe")
            ?? throw new CliException(ExitCode.NoWinFsp, "WinFsp's launchctl-x64.exe was not found; install WinFsp from https://winfsp.dev");
        if (ProfileStore.OfUser().Find(profile) is null)
            throw new CliException(ExitCode.Usage, $"there is no profile '{profile}'; imagekitfs login --profile {profile} stores one");
        ProcessStartInfo command = new(launcher, [verb, ClassName, profile]) { UseShellExecute = false, RedirectStandardOutput = true };
        if (drive is not null)
        {
            command.ArgumentList.Add($@"\imagekitfs\{profile}");
            command.ArgumentList.Add(MountPoints.OnWindows(drive));
        }

        using Process process = Process.Start(command) ?? throw new CliException(ExitCode.Failed, $"cannot start {launcher}");
        string words = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new CliException(ExitCode.Failed, $"WinFsp's launcher refused: {words.ReplaceLineEndings(" ")}; is imagekitfs registered (imagekitfs service install, as administrator)?");
        Console.Out.WriteLine(drive is null ? $"Stopped {profile}" : $"Mounting profile {profile} at {drive}");
        return ExitCode.Ok;
    }

    private static CliException NotHere() => new(ExitCode.Usage, "service is for Windows; on Linux use /etc/fstab");

    // WinFsp keeps its settings in the 32-bit part of the registry, whatever the machine.
    [SupportedOSPlatform("windows")]
    private static RegistryKey Machine() => RegistryKey.OpenBaseKey(RegistryHive.LocalMachine, RegistryView.Registry32);

    private static T Permitted<T>(Func<T> change)
    {
        try
        {
            return change();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or System.Security.SecurityException)
        {
            throw new CliException(ExitCode.NotPermitted, "this needs an administrator's terminal", e);
        }
    }
}
