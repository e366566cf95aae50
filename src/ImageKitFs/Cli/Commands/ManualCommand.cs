using System.CommandLine;
using ImageKitFs.Cli.Manual;

namespace ImageKitFs.Cli.Commands;

/// <summary>`manual`: the pages of man(1), for the package. Not for people, so not in the help.</summary>
internal static class ManualCommand
{
    public static Command Build()
    {
        Option<bool> isHelper = new("--mount-helper") { Description = "mount.imagekitfs(8) instead of imagekitfs(1)." };
        Command command = new("manual", "Write the manual page.") { isHelper };
        command.Hidden = true;
        command.SetAction(result =>
        {
            RootCommand root = CommandTree.Build([]);
            Console.Out.Write(result.GetValue(isHelper) ? MountHelperPage.Write(root) : ProgramPage.Write(root));
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
