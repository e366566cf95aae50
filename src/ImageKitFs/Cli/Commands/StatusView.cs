using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Engine;
using Spectre.Console;

namespace ImageKitFs.Cli.Commands;

/// <summary>`status` for people: a table on a terminal, plain lines elsewhere.</summary>
internal static class StatusView
{
    // A screenful each, when no mount was asked for by name.
    private const int ItemsShown = 20;

    /// <param name="reports">The mounts.</param>
    /// <param name="all">Every item of theirs, up to what a mount tells; else a screenful.</param>
    public static void Write(IReadOnlyList<MountReport> reports, bool all)
    {
        if (reports.Count == 0)
        {
            Console.Out.WriteLine("No imagekitfs mounts.");
            return;
        }

        if (Console.IsOutputRedirected)
        {
            foreach (MountReport report in reports)
                Console.Out.WriteLine($"{report.MountPoint}: {Summary(report)}");
        }
        else
        {
            WriteTable(reports);
        }

        foreach (MountReport report in reports)
            WriteDetails(report, all ? int.MaxValue : ItemsShown);
    }

    private static void WriteTable(IReadOnlyList<MountReport> reports)
    {
        Table table = new() { Border = TableBorder.Rounded };
        foreach (string column in (string[])["Mount point", "Account", "State", "Not in the library", "Changes", "Failed", "Local only", "Cache"])
            table.AddColumn(column);
        foreach (MountReport report in reports)
        {
            VolumeStatus? status = report.Status;
            table.AddRow(
                new Text(Plain.Printable(report.MountPoint)),
                new Text(status?.UrlEndpoint.TrimEnd('/') ?? ""),
                new Text(StateWords(report)),
                new Text(status is null ? "" : NotDurable(status)),
                new Text(status is null ? "" : $"{status.PendingCount}"),
                new Text(status is null ? "" : $"{status.FailedCount}"),
                new Text(status is null ? "" : $"{status.LocalCount}"),
                new Text(status is null ? "" : Units.FormatSize(status.CacheBytes)));
        }

        AnsiConsole.Write(table);
    }

    private static string Summary(MountReport report) => report.Status is not { } status
        ? StateWords(report)
        : $"{StateWords(report)}, {status.UrlEndpoint.TrimEnd('/')}, {NotDurable(status)} not in the library, "
            + $"{Plain.Count(status.PendingCount, "change")} pending, {status.FailedCount} failed, "
            + $"{status.LocalCount} local only, cache {Units.FormatSize(status.CacheBytes)}, process {status.ProcessId}";

    private static string StateWords(MountReport report) => report.State switch
    {
        MountState.Mounted when report.Status is { Offline: true } => "mounted, offline",
        MountState.Mounted when report.Status is { ReadOnly: true } => "mounted read-only",
        MountState.Mounted => "mounted",
        MountState.Stale => $"stale: its process is gone; remove it with imagekitfs umount --force {report.MountPoint}",
        MountState.NotReadable => "mounted by another user, who let nobody else in",
        MountState.NotAnswering => "not answering",
    };

    private static string NotDurable(VolumeStatus status) => $"{Plain.Count(status.NotDurableFiles, "file")} ({Units.FormatSize(status.NotDurableBytes)})";

    private static void WriteDetails(MountReport report, int most)
    {
        if (report.Status is not { } status)
            return;
        foreach (PendingItem item in status.Pending.Take(most))
            Console.Out.WriteLine($"  {Describe(item)}");
        int hidden = status.WritingCount + status.PendingCount + status.LocalCount - Math.Min(most, status.Pending.Count);
        if (hidden > 0)
            Console.Out.WriteLine($"  and {hidden} more{(status.Pending.Count > most ? $"; imagekitfs status {report.MountPoint} shows them" : "")}");
        foreach (LocalCopyItem item in (status.LocalCopies ?? []).Where(item => item.IsPinned).Take(most))
            Console.Out.WriteLine($"  pinned: {PinCommand.Describe(report.MountPoint, item)}");
        if (status.RecoverCount > 0)
            Console.Out.WriteLine($"  {Plain.Count(status.RecoverCount, "file")} of an earlier run could not be sent; take them out with imagekitfs recover DIR");
        if (status.Resumed is { Text: { Length: > 0 } text })
            Console.Out.WriteLine($"  at the mount: {Plain.Printable(text)}");
        foreach (string error in status.LastErrors.Take(most))
            Console.Out.WriteLine($"  error: {Plain.Printable(error)}");
    }

    /// <summary>One line for one item that is not in the library.</summary>
    public static string Describe(PendingItem item)
    {
        string size = item.Bytes > 0 ? $" ({Units.FormatSize(item.Bytes)})" : "";
        string why = item.Error is null ? "" : $": {item.Error}";
        return Plain.Printable($"{item.State}: {item.Operation} {item.Path}{size}{why}");
    }
}
