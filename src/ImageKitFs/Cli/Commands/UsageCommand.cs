using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ImageKitFs.Cli.Library;

namespace ImageKitFs.Cli.Commands;

/// <summary>`usage`: what the account used in a span of days.</summary>
internal sealed class UsageCommand
{
    /// <summary>The service refuses longer spans (imagekit-api.md 8).</summary>
    private const int MaxDays = 90;

    private readonly Option<DateOnly?> _from = Day("--from", "The first day, YYYY-MM-DD. Default: the first of this month.");
    private readonly Option<DateOnly?> _to = Day("--to", "The day after the last. Default: tomorrow.");
    private readonly Option<bool> _json = new("--json") { Description = "For programs: one object." };
    private readonly AccountOptions _account = new();

    public static Command Build() => new UsageCommand().BuildCommand();

    private Command BuildCommand()
    {
        Command command = new("usage", "Show the bandwidth and storage that the account used; ImageKit's figures are up to 6 hours old.") { _from, _to, _json };
        _account.AddTo(command);
        command.SetAction((result, ct) =>
        {
            (DateOnly from, DateOnly to) = Span(result.GetValue(_from), result.GetValue(_to), DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime));
            return MediaSession.RunAsync(_account, result, [], async session =>
            {
                UsageView usage = Read(await session.Library.UsageAsync(from, to, ct), from, to);
                if (result.GetValue(_json))
                    Console.Out.WriteLine(JsonSerializer.Serialize(usage, CliJson.Default.UsageView));
                else
                    Write(usage);
                return ExitCode.Ok;
            }, ct);
        });
        return command;
    }

    internal static (DateOnly From, DateOnly To) Span(DateOnly? from, DateOnly? to, DateOnly today)
    {
        DateOnly end = to ?? today.AddDays(1);
        // An end in the past without a beginning means the month of that end's last day.
        DateOnly last = end.AddDays(-1);
        DateOnly start = from ?? new DateOnly(last.Year, last.Month, 1);
        if (start >= end)
            throw new CliException(ExitCode.Usage, string.Create(CultureInfo.InvariantCulture, $"--from {start:yyyy-MM-dd} is not before --to {end:yyyy-MM-dd}, which is the day after the last"));
        return end.DayNumber - start.DayNumber < MaxDays
            ? (start, end)
            : throw new CliException(ExitCode.Usage, $"ImageKit answers for less than {MaxDays} days at once");
    }

    private static UsageView Read(string json, DateOnly from, DateOnly to)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return new UsageView
        {
            From = from,
            To = to,
            BandwidthBytes = Number("bandwidthBytes"),
            MediaLibraryStorageBytes = Number("mediaLibraryStorageBytes"),
            OriginalCacheStorageBytes = Number("originalCacheStorageBytes"),
            VideoProcessingUnitsCount = Number("videoProcessingUnitsCount"),
            ExtensionUnitsCount = Number("extensionUnitsCount"),
        };

        long? Number(string name) =>
            document.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : null;
    }

    private static void Write(UsageView usage)
    {
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"from",-22} {usage.From:yyyy-MM-dd}"));
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"to (not included)",-22} {usage.To:yyyy-MM-dd}"));
        Line("bandwidth", usage.BandwidthBytes, " bytes");
        Line("media library", usage.MediaLibraryStorageBytes, " bytes");
        Line("cache of originals", usage.OriginalCacheStorageBytes, " bytes");
        Line("video processing", usage.VideoProcessingUnitsCount, " units");
        Line("extensions", usage.ExtensionUnitsCount, " units");
    }

    private static void Line(string label, long? value, string unit)
    {
        if (value is { } known)
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{label,-22} {known:#,##0}{unit}"));
    }

    private static Option<DateOnly?> Day(string name, string description) => new(name)
    {
        HelpName = "DAY",
        Description = description,
        CustomParser = result =>
        {
            if (DateOnly.TryParseExact(result.Tokens[0].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day))
                return day;
            result.AddError($"{name} takes a day such as 2026-03-01, not '{result.Tokens[0].Value}'");
            return null;
        },
    };
}
