using System.CommandLine;
using System.Globalization;

namespace ImageKitFs.Cli.Manual;

/// <summary>imagekitfs(1): every command and option, from the tree that reads the command line, so that none is missing or made up.</summary>
internal static class ProgramPage
{
    public static string Write(RootCommand root)
    {
        Roff page = new Roff().Title("IMAGEKITFS", 1, $"imagekitfs {CommandTree.Version}", "User Commands")
            .Section("NAME").Body(@"imagekitfs \- an ImageKit.io media library as a folder")
            .Section("SYNOPSIS").Body($"{Roff.Bold("imagekitfs")} {Roff.Italic("COMMAND")} [{Roff.Italic("OPTION")}]... [{Roff.Italic("ARGUMENT")}]...")
            .Section("DESCRIPTION")
            .Body(Roff.Escape("Mounts the media library of an ImageKit.io account as a folder, and works on it without a mount."))
            .Body(Roff.Escape("When close or fsync has returned 0 for a file, the library has it; what cannot be sent yet is kept on this machine and sent by the next mount."))
            .Section("COMMANDS");
        foreach (Command command in root.Subcommands.Where(command => !command.Hidden))
            Describe(page, command, "imagekitfs");
        page.Section("ENVIRONMENT")
            .Item(Roff.Bold("IMAGEKIT_PRIVATE_KEY"), Roff.Escape("The private key, where no --key-file and no profile names one."))
            .Item(Roff.Bold("IMAGEKIT_URL_ENDPOINT"), Roff.Escape("The account: https://ik.imagekit.io/your_id."))
            .Item($"{Roff.Bold("IMAGEKIT_API_ENDPOINT")}, {Roff.Bold("IMAGEKIT_UPLOAD_ENDPOINT")}", "Other addresses of the service.")
            .Item(Roff.Bold("IMAGEKITFS_CACHE_DIR"), Roff.Escape("What --cache-dir sets."))
            .Item(Roff.Bold("CREDENTIALS_DIRECTORY"), Roff.Escape("Set by systemd. Its file imagekit.key is the private key, where nothing else names one."))
            .Item($"{Roff.Bold("NOTIFY_SOCKET")}, {Roff.Bold("WATCHDOG_USEC")}", Roff.Escape("Set by systemd: it is told when the mount answers, that it goes on answering, and how far it is when it stops."))
            .Section("FILES")
            .Item(Roff.Italic("~/.config/imagekitfs/profiles/"), Roff.Escape("Accounts stored by imagekitfs login, readable by their owner alone."))
            .Item(Roff.Italic("~/.cache/imagekitfs/"), "Copies of what was read. Can be deleted while nothing is mounted.")
            .Item(Roff.Italic("~/.local/state/imagekitfs/"), "What is not in the library yet, and logs. Do not delete it before everything is sent.")
            .Item(Roff.Italic("/etc/imagekitfs/"), Roff.Escape("For imagekitfs@.service: NAME.conf with variables (IMAGEKIT_URL_ENDPOINT, IMAGEKITFS_OPTIONS) and NAME.key with the key, NAME being the mount point as systemd-escape --path writes it."))
            .Item(Roff.Italic("MOUNTPOINT/.imagekit/"), "Status, metrics and transformed pictures of a mount; not listed, but there when named.");
        return page.ToString();
    }

    private static void Describe(Roff page, Command command, string parents)
    {
        string name = $"{parents} {command.Name}";
        page.Subsection($"{Roff.Bold(name)}{string.Concat(command.Arguments.Where(argument => !argument.Hidden).Select(argument => " " + Usage(argument)))}"
            + (command.Options.Any(option => !option.Hidden) ? $" [{Roff.Italic("OPTION")}]..." : ""));
        page.Body(Roff.Escape(command.Description ?? ""));
        foreach (Argument argument in command.Arguments.Where(argument => !argument.Hidden && argument.Description is { Length: > 0 }))
            page.Item(Roff.Italic(argument.Name), Roff.Escape(argument.Description!));
        foreach (Option option in command.Options.Where(option => !option.Hidden))
            page.Item(Term(option), Roff.Escape(option.Description ?? ""));
        foreach (Command subcommand in command.Subcommands.Where(subcommand => !subcommand.Hidden))
            Describe(page, subcommand, name);
    }

    private static string Usage(Argument argument)
    {
        string name = Roff.Italic(argument.Name) + (argument.Arity.MaximumNumberOfValues > 1 ? "..." : "");
        return argument.Arity.MinimumNumberOfValues == 0 || argument.HasDefaultValue ? $"[{name}]" : name;
    }

    /// <summary>`-l, --long`, with the value's name where it takes one.</summary>
    private static string Term(Option option)
    {
        string names = string.Join(", ", option.Aliases.Append(option.Name).Distinct(StringComparer.Ordinal).OrderBy(name => name.Length).Select(Roff.Bold));
        return TakesValue(option) ? string.Create(CultureInfo.InvariantCulture, $"{names} {Roff.Italic(option.HelpName ?? "VALUE")}") : names;
    }

    internal static bool TakesValue(Option option) => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);
}
