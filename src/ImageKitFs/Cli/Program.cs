using System.CommandLine;
using System.Text;
using ImageKitFs.Cli.Commands;
using ImageKitFs.Cli.Logging;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli;

/// <summary>The `imagekitfs` executable: reads the command line, runs one command, turns its outcome into one line and a number.</summary>
internal static class Program
{
    /// <summary>Exceptions come back here; signals are the commands' own business, because a mount drains on them.</summary>
    public static InvocationConfiguration Invocation { get; } = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };

    private static async Task<int> Main(string[] args)
    {
        // What Windows takes a program's bytes for otherwise depends on the machine, and names would arrive as question marks.
        if (OperatingSystem.IsWindows() && Console.IsOutputRedirected)
            Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        try
        {
            string[] arguments = MountHelperForm.Normalize(ProgramName(), args, CommandTree.Names);
            ParseResult parsed = CommandTree.Build(arguments).Parse(arguments);
            if (parsed.Errors.Count > 0)
                return Fail(ExitCode.Usage, $"{Arguments.Explain(parsed.Errors)}; see imagekitfs {HelpTopic(parsed)}--help");
            return await parsed.InvokeAsync(Invocation);
        }
        catch (CliException e)
        {
            return Fail(e.Code, e.Message);
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("IMAGEKITFS_STACK") is null)
        {
            return Fail(ExitCode.Failed, $"unexpected {e.GetType().Name}: {e.Message} (IMAGEKITFS_STACK=1 shows where)");
        }
    }

    /// <summary>One line for the user on standard error, without a key and without anything that moves the cursor.</summary>
    public static void Tell(string message) =>
        Console.Error.WriteLine($"imagekitfs: {Plain.Printable(LogRecord.HideKeys(message.ReplaceLineEndings(" ")))}");

    private static int Fail(ExitCode code, string message)
    {
        Tell(message);
        return (int)code;
    }

    // argv[0] as the caller wrote it: the runtime shows only the assembly, and a mount helper is known by its name.
    internal static string ProgramName()
    {
        if (!OperatingSystem.IsLinux())
            return "imagekitfs";
        string commandLine = File.ReadAllText("/proc/self/cmdline");
        int end = commandLine.IndexOf('\0', StringComparison.Ordinal);
        return end < 0 ? commandLine : commandLine[..end];
    }

    private static string HelpTopic(ParseResult parsed) => parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
}
