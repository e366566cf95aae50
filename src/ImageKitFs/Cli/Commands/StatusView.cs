using System.Globalization;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Engine;
using Spectre.Console;

namespace ImageKitFs.Cli.Commands;

/// <summary>`status` for people: a table on a terminal, plain lines elsewhere.</summary>
internal static class StatusView
{
    public const string NoMounts = "No imagekitfs mounts.";

    // A screenful each, when no mount was asked for by name.
    private const int ItemsShown = 20;

    // Of what failed, the last few say what is wrong; --json has more.
    private const int ErrorsShown = 5;

    /// <param name="reports">The mounts.</param>
    /// <param name="all">Every item of theirs, up to what a mount tells; else a screenful.</param>
    public static void Write(IReadOnlyList<MountReport> reports, bool all) =>
        Write(reports, all, Console.IsOutputRedirected ? null : AnsiConsole.Console, Console.Out);

    /// <param name="reports">The mounts.</param>
    /// <param name="all">Every item of theirs, up to what a mount tells; else a screenful.</param>
    /// <param name="table">Where a table is drawn; null: a line for each mount.</param>
    /// <param name="text">Where lines go.</param>
    public static void Write(IReadOnlyList<MountReport> reports, bool all, IAnsiConsole? table, TextWriter text)
    {
        if (reports.Count == 0)
        {
            text.WriteLine(NoMounts);
            return;
        }

        if (table is null)
        {
            foreach (MountReport report in reports)
                text.WriteLine($"{Plain.Printable(report.MountPoint)}: {Summary(report)}");
        }
        else
        {
            table.Write(TableOf(reports));
        }

        foreach (MountReport report in reports)
        {
            if (reports.Count > 1)
                text.WriteLine($"{Plain.Printable(report.MountPoint)}:");
            foreach (string line in Readings(report).Concat(Items(report, all ? int.MaxValue : ItemsShown)))
                text.WriteLine($"  {line}");
        }
    }

    /// <summary>One line for one item that is not in the library.</summary>
    public static string Describe(PendingItem item)
    {
        string size = item.Bytes > 0 ? $" ({Units.FormatSize(item.Bytes)})" : "";
        string why = item.Error is null ? "" : $": {item.Error}";
        return Plain.Printable($"{item.State}: {item.Operation} {item.Path}{size}{why}");
    }

    /// <summary>A mount in one line.</summary>
    public static string Summary(MountReport report) => report.Status is not { } status
        ? StateWords(report)
        : $"{StateWords(report)}, {status.UrlEndpoint.TrimEnd('/')}, {NotDurable(status)} not in the library, "
            + $"{Plain.Count(status.PendingCount, "change")} pending, {status.FailedCount} failed, "
            + $"{status.LocalCount} local only, cache {Units.FormatSize(status.CacheBytes)}, process {status.ProcessId}";

    /// <summary>What needs somebody's eye: what is not in the library, pauses, and what failed.</summary>
    public static IEnumerable<string> Items(MountReport report, int most)
    {
        if (report.Status is not { } status)
            yield break;
        foreach (RequestClass of in (status.RequestClasses ?? []).Where(of => of.PausedUntil is not null || of.FailingFast))
            yield return of.PausedUntil is { } until ? $"rate limit: {of.Name} pause until {Clock(until)}" : $"ImageKit does not answer: {of.Name} fail at once, but for one that probes";
        foreach (PendingItem item in status.Pending.Take(most))
            yield return Describe(item);
        int hidden = status.WritingCount + status.PendingCount + status.LocalCount - Math.Min(most, status.Pending.Count);
        if (hidden > 0)
            yield return $"and {hidden} more{(status.Pending.Count > most ? $"; imagekitfs status {report.MountPoint} shows them" : "")}";
        foreach (LocalCopyItem item in (status.LocalCopies ?? []).Where(item => item.IsPinned).Take(most))
            yield return $"pinned: {PinCommand.Describe(report.MountPoint, item)}";
        if (status.RecoverCount > 0)
            yield return $"{Plain.Count(status.RecoverCount, "file")} of an earlier run could not be sent; take them out with imagekitfs recover DIR";
        if (status.Resumed is { Text: { Length: > 0 } text })
            yield return $"at the mount: {Plain.Printable(text)}";
        foreach (OperationFailure failure in (status.FailedOperations ?? []).Take(ErrorsShown))
            yield return Plain.Printable($"{failure.Errno}: {failure.At:u} {failure.Operation} {failure.Path}: {failure.Cause}{RequestWords(failure.RequestId)}");
        foreach (string error in status.LastErrors.Take(ErrorsShown))
            yield return $"error: {Plain.Printable(error)}";
    }

    /// <summary>How the mount does: numbers that change all the time. An older program's mount does not tell them.</summary>
    private static IEnumerable<string> Readings(MountReport report)
    {
        if (report.Status is not { } status)
            yield break;
        if (status is { UptimeSeconds: { } uptime, ResidentBytes: { } resident })
            yield return $"up {Duration(uptime)}, memory {Units.FormatSize(resident)}{(status.Version is { } version ? $", version {version}" : "")}";
        if (status.Cache is { } cache)
            yield return CacheWords(cache);
        if (status is { Traffic: { } traffic, RequestClasses: { } classes })
        {
            yield return $"requests: {string.Join(", ", classes.Select(of => $"{of.Name} {of.Requests}"))}; {traffic.Repeats} repeated, {Plain.Count(traffic.FailedCalls, "call")} failed, "
                + $"{traffic.RateLimited} rate limited; {Units.FormatSize(traffic.BytesSent)} sent, {Units.FormatSize(traffic.BytesReceived)} received";
            if (classes.Any(of => of is { Requests: > 0, AnswerSeconds: > 0 }))
                yield return $"answers take: {string.Join(", ", classes.Where(of => of is { Requests: > 0, AnswerSeconds: > 0 }).Select(AnswerWords))}";
            yield return $"rate limit: {string.Join("; ", classes.Where(of => of.Tokens is not null).Select(TokenWords))}";
            foreach (RequestClass of in classes)
            {
                if (of.LastRateLimit is { } hit)
                    yield return Plain.Printable(LimitWords(of.Name, hit));
            }
        }
    }

    private static string AnswerWords(RequestClass of) =>
        string.Create(CultureInfo.InvariantCulture, $"{of.Name} {of.AnswerSeconds / of.Requests * 1000:0} ms");

    private static string CacheWords(CacheUse cache)
    {
        string held = $"{Units.FormatSize(cache.Bytes)} of {Units.FormatSize(cache.MaxBytes)} in {Plain.Count(cache.Files, "file")}";
        return cache is { HitRatio: { } reads, ByteHitRatio: { } bytes }
            ? $"cache: {Percent(reads)} of {Plain.Count(cache.Hits + cache.Misses, "read")} and {Percent(bytes)} of {Units.FormatSize(cache.HitBytes + cache.MissBytes)} came from it; {held}"
            : $"cache: nothing was read yet; {held}";
    }

    private static string TokenWords(RequestClass of) => string.Create(
        CultureInfo.InvariantCulture, $"{of.Tokens:0} {of.Name} at once, then {of.TokensPerSecond:0.#} a second{(of.Waiting > 0 ? $" ({of.Waiting} waiting)" : "")}");

    private static string LimitWords(string name, RateLimitReply hit) =>
        $"last 429: {hit.At:u} {name}, {hit.Operation} {hit.Path}, limit {hit.Limit ?? "?"} in {hit.Interval ?? "?"} ms, reset {hit.Reset ?? "?"} ms{RequestWords(hit.RequestId)}";

    private static string RequestWords(string requestId) => requestId.Length > 0 ? $" [request {requestId}]" : "";

    private static Table TableOf(IReadOnlyList<MountReport> reports)
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

        return table;
    }

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

    // Rounded down: 99.99 % is not all of them.
    private static string Percent(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(ratio * 1000) / 10:0.#} %");

    private static string Clock(DateTimeOffset time) => time.ToUniversalTime().ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Duration(long seconds) => TimeSpan.FromSeconds(seconds) switch
    {
        { TotalMinutes: < 1 } span => $"{span.Seconds} s",
        { TotalHours: < 1 } span => $"{span.Minutes} min",
        { TotalDays: < 1 } span => $"{span.Hours} h {span.Minutes} min",
        var span => $"{(int)span.TotalDays} d {span.Hours} h",
    };
}
