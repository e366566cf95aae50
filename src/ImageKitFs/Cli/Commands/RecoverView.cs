using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Engine;
using Spectre.Console;

namespace ImageKitFs.Cli.Commands;

/// <summary>`recover` for people: a table on a terminal, plain lines elsewhere.</summary>
internal static class RecoverView
{
    public static void Write(RecoverReport report)
    {
        if (Console.IsOutputRedirected)
        {
            foreach (RecoveredFile file in report.Files)
                Console.Out.WriteLine(Plain.Printable($"{Name(file)} ({Units.FormatSize(file.Size)}): {Why(file)}; {Outcome(file)}"));
        }
        else
        {
            WriteTable(report.Files);
        }

        int taken = report.Files.Count(file => file.Target is not null);
        Console.Out.WriteLine($"{Plain.Count(taken, "file")} in {report.Folder}");
        if (report.StillWaiting > 0)
            Console.Out.WriteLine($"{Plain.Count(report.StillWaiting, "more file")} kept here and not given up: a mount sends them, or they stay by rule (--all copies them too)");
    }

    private static void WriteTable(IReadOnlyList<RecoveredFile> files)
    {
        Table table = new() { Border = TableBorder.Rounded };
        foreach (string column in (string[])["File", "Size", "Written", "Why it is here", "Outcome"])
            table.AddColumn(column);
        foreach (RecoveredFile file in files)
        {
            table.AddRow(
                new Text(Plain.Printable(Name(file))),
                new Text(Units.FormatSize(file.Size)),
                new Text($"{file.Modified.ToLocalTime():yyyy-MM-dd HH:mm}"),
                new Text(Plain.Printable(Why(file))),
                new Text(Plain.Printable(Outcome(file))));
        }

        AnsiConsole.Write(table);
    }

    private static string Name(RecoveredFile file) => file.Path ?? "(name unknown)";

    private static string Why(RecoveredFile file) => file.Reason switch
    {
        KeptReason.Unfinished => "never closed or synced; what was not written yet is missing or zero",
        KeptReason.Refused => $"refused{(file.Error is null ? "" : $": {file.Error}")}",
        KeptReason.Damaged => "its bytes changed on this disk",
        KeptReason.Missing => "its bytes are gone from this disk",
        KeptReason.JournalLost => "the journal that named it was corrupt",
        KeptReason.Waiting => $"not sent yet{(file.Error is null ? "" : $": {file.Error}")}",
        KeptReason.Local => "stays here by rule",
    };

    private static string Outcome(RecoveredFile file) => file switch
    {
        { Target: { } target, Problem: { } problem } => $"copied to {target}, but {problem}",
        { Target: { } target, Removed: true } => $"copied to {target} and removed here",
        { Target: { } target } => $"copied to {target}",
        { Problem: { } problem } => $"not copied: {problem}",
        _ => "not copied: it was sent meanwhile",
    };
}
