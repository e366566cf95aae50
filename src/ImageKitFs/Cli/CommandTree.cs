using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using ImageKitFs.Cli.Commands;

namespace ImageKitFs.Cli;

/// <summary>All commands under one root.</summary>
internal static class CommandTree
{
    /// <summary>What the first argument may be; anything else is the SOURCE of the mount helper form.</summary>
    public static readonly IReadOnlySet<string> Names =
        new HashSet<string>(
            ["mount", "umount", "sync", "retry", "status", "warm", "pin", "unpin", "recover", "setup-mtime", "emulator", "demo", "login", "logout", "profiles", "doctor", "service",
                "ls", "get", "put", "cat", "rm", "mv", "cp", "mkdir", "sync-dir",
                "url", "info", "tag", "describe", "meta", "versions", "restore", "search", "purge", "usage"],
            StringComparer.Ordinal);

    public static RootCommand Build(IReadOnlyList<string> arguments)
    {
        RootCommand root = new("An ImageKit.io media library as a folder.")
        {
            new MountCommand().Build(arguments),
            UmountCommand.Build(),
            ControlCommand.BuildSync(),
            ControlCommand.BuildRetry(),
            StatusCommand.Build(),
            WarmCommand.Build(),
            PinCommand.BuildPin(),
            PinCommand.BuildUnpin(),
            RecoverCommand.Build(),
            SetupMtimeCommand.Build(),
            new EmulatorCommand().Build(),
            DemoCommand.Build(),
            new LoginCommand().Build(),
            ProfileCommands.BuildLogout(),
            ProfileCommands.BuildList(),
            new DoctorCommand().Build(),
            ServiceCommand.Build(),
            UrlCommand.Build(),
            InfoCommand.Build(),
            TagCommand.Build(),
            DescribeCommand.Build(),
            MetaCommand.Build(),
            VersionsCommand.BuildList(),
            VersionsCommand.BuildRestore(),
            SearchCommand.Build(),
            PurgeCommand.Build(),
            UsageCommand.Build(),
            ListCommand.Build(),
            GetCommand.Build(),
            PutCommand.Build(),
            CatCommand.Build(),
            RemoveCommand.Build(),
            MoveCommand.Build(),
            CopyCommand.Build(),
            MakeFolderCommand.Build(),
            SyncDirCommand.Build(),
        };
        foreach (Option option in root.Options)
        {
            if (option is VersionOption)
                option.Action = new ShowVersion();
            if (option is HelpOption { Action: SynchronousCommandLineAction help })
                option.Action = new Examples(help);
        }

        return root;
    }

    /// <summary>`0.1.0`, without the build's source revision.</summary>
    public static string Version =>
        typeof(CommandTree).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private sealed class ShowVersion : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"imagekitfs {Version}");
            if (OperatingSystem.IsWindows())
                parseResult.InvocationConfiguration.Output.WriteLine("Drives by WinFsp - Windows File System Proxy, Copyright (C) Bill Zissimopoulos, https://github.com/winfsp/winfsp");
            return (int)ExitCode.Ok;
        }
    }
}
