using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Library;

namespace ImageKitFs.Emulator.Search;

/// <summary>What the fields of a search mean for a row. Each comparison checks its value once and is then a cheap test.</summary>
internal sealed class RowFields(DateTimeOffset now, EmulatorOptions options)
{
    /// <summary>True once <c>type</c> was compared.</summary>
    public bool TestsType { get; private set; }

    /// <summary>The test of one comparison, or null when field, operator or value do not go together.</summary>
    public Func<Row, bool>? Comparison(string field, QueryOperator op, IReadOnlyList<string> values)
    {
        TestsType |= field == "type";
        return field switch
        {
            "name" => Text(op, values, row => row.Node.Name, allowPrefix: true),
            "type" => Text(op, values, TypeOf, allowPrefix: false),
            "path" => PathTest(op, values),
            "tags" => op == QueryOperator.In ? row => AllTags(row).Any(tag => values.Contains(tag, StringComparer.Ordinal)) : null,
            "createdAt" => Dates(op, values, row => row.Node.CreatedAt),
            "updatedAt" => Dates(op, values, row => row.Version?.UpdatedAt ?? row.Node.UpdatedAt),
            "size" => Numbers(op, values, row => row.Version?.Blob.Length, ParseSize),
            "width" => Numbers(op, values, row => row.Version?.Media.Width, ParseNumber),
            "height" => Numbers(op, values, row => row.Version?.Media.Height, ParseNumber),
            "format" => op is QueryOperator.Equal or QueryOperator.In ? Text(op, values, FormatOf, allowPrefix: false) : null,
            "private" => Flag(op, values, row => row.Version?.IsPrivate),
            "published" => Flag(op, values, row => row.Version?.IsPublished),
            "transparency" => Flag(op, values, row => row.Version?.Media.HasAlpha),
            _ when field.StartsWith("customMetadata.", StringComparison.Ordinal) => Custom(field["customMetadata.".Length..], op, values),
            _ when field.StartsWith("embeddedMetadata.", StringComparison.Ordinal) => _ => false, // none is ever read from files here
            _ => null,
        };
    }

    /// <summary>A size in bytes, with <c>kb</c>, <c>mb</c> or <c>gb</c> behind it.</summary>
    public static double? ParseSize(string text)
    {
        string lower = text.ToLowerInvariant();
        (string digits, double unit) = lower switch
        {
            [.. var number, 'k', 'b'] => (number, 1024),
            [.. var number, 'm', 'b'] => (number, 1024 * 1024),
            [.. var number, 'g', 'b'] => (number, 1024 * 1024 * 1024),
            _ => (lower, 1),
        };
        return ParseNumber(digits.Trim()) * unit;
    }

    /// <summary>Compares as the operator says; for IN and = pass each value.</summary>
    public static bool Holds(QueryOperator op, int order) => op switch
    {
        QueryOperator.Equal or QueryOperator.In => order == 0,
        QueryOperator.Less => order < 0,
        QueryOperator.LessOrEqual => order <= 0,
        QueryOperator.Greater => order > 0,
        QueryOperator.GreaterOrEqual => order >= 0,
        QueryOperator.Prefix => false,
    };

    private static string TypeOf(Row row) => row.Node is FolderNode ? "folder" : row.IsOlderVersion ? "file-version" : "file";

    private static string? FormatOf(Row row)
    {
        if (row.Version is null)
            return null;
        string extension = System.IO.Path.GetExtension(row.Node.Name).TrimStart('.').ToLowerInvariant();
        return row.Version.Media.Mime switch
        {
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "image/gif" => "gif",
            "image/webp" => "webp",
            "image/svg+xml" => "svg",
            "image/avif" => "avif",
            "image/x-icon" => "ico",
            "application/pdf" => "pdf",
            "video/mp4" => "mp4",
            "video/webm" => "webm",
            "video/quicktime" => "mov",
            _ => extension,
        };
    }

    private static IEnumerable<string> AllTags(Row row) =>
        (row.Version?.Tags ?? []).Concat(row.Version?.AiTags?.OfType<JsonObject>().Select(tag => (string?)tag["name"] ?? "") ?? []);

    private static Func<Row, bool>? Text(QueryOperator op, IReadOnlyList<string> values, Func<Row, string?> get, bool allowPrefix) => op switch
    {
        QueryOperator.Equal or QueryOperator.In => row => get(row) is { } text && values.Contains(text, StringComparer.Ordinal),
        QueryOperator.Prefix when allowPrefix => row => get(row)?.StartsWith(values[0], StringComparison.Ordinal) == true,
        _ => null,
    };

    // "=" is one level; ":" and a trailing ** reach below.
    private Func<Row, bool>? PathTest(QueryOperator op, IReadOnlyList<string> values)
    {
        if (options.RefusePathQueries || op is not (QueryOperator.Equal or QueryOperator.Prefix))
            return null;
        bool isDeep = op == QueryOperator.Prefix || values[0].EndsWith("**", StringComparison.Ordinal);
        string folder = "/" + string.Join('/', NameRules.Split(values[0].TrimEnd('*')));
        string below = folder == "/" ? "/" : folder + "/";
        return row => row.Node.ParentPath == folder || (isDeep && row.Node.ParentPath.StartsWith(below, StringComparison.Ordinal));
    }

    private static Func<Row, bool>? Flag(QueryOperator op, IReadOnlyList<string> values, Func<Row, bool?> get) =>
        op == QueryOperator.Equal && values[0] is "true" or "false" ? row => get(row) == (values[0] == "true") : null;

    private static Func<Row, bool>? Numbers(QueryOperator op, IReadOnlyList<string> values, Func<Row, double?> get, Func<string, double?> parse)
    {
        List<double?> parsed = [.. values.Select(parse)];
        if (op == QueryOperator.Prefix || parsed.Contains(null))
            return null;
        return row => get(row) is { } own && parsed.Any(value => Holds(op, own.CompareTo(value!.Value)));
    }

    private static double? ParseNumber(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;

    private Func<Row, bool>? Dates(QueryOperator op, IReadOnlyList<string> values, Func<Row, DateTimeOffset> get)
    {
        List<(DateTimeOffset From, DateTimeOffset To)?> parsed = [.. values.Select(ParseDate)];
        if (op == QueryOperator.Prefix || parsed.Contains(null))
            return null;
        return row =>
        {
            DateTimeOffset own = get(row);
            // A day is equal to each of its moments, before the ones after it and after the ones before it.
            return parsed.Any(span => Holds(op, own < span!.Value.From ? -1 : own > span.Value.To ? 1 : 0));
        };
    }

    // 2026-01-01, 2026-01-01T12:00:00, or a time ago: 1h 2d 3w 4m 1y.
    private (DateTimeOffset From, DateTimeOffset To)? ParseDate(string text)
    {
        if (text.Length > 1 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int amount))
        {
            DateTimeOffset? ago = text[^1] switch
            {
                'h' => now.AddHours(-amount),
                'd' => now.AddDays(-amount),
                'w' => now.AddDays(-7 * amount),
                'm' => now.AddMonths(-amount),
                'y' => now.AddYears(-amount),
                _ => null,
            };
            return ago is { } moment ? (moment, moment) : null;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day))
        {
            var from = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
            return (from, from.AddDays(1).AddTicks(-1));
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? (time, time) : null;
    }

    private Func<Row, bool>? Custom(string name, QueryOperator op, IReadOnlyList<string> values)
    {
        JsonNode? Get(Row row) => row.Version?.CustomMetadata?[name];
        if (op is QueryOperator.Equal or QueryOperator.In)
        {
            return row => Get(row) is { } node
                && (node as JsonArray ?? [node.DeepClone()]).Any(item => item is not null && values.Contains(item.ToString(), StringComparer.Ordinal));
        }

        if (op == QueryOperator.Prefix)
            return row => Get(row)?.ToString().StartsWith(values[0], StringComparison.Ordinal) == true;
        Func<Row, bool>? numbers = Numbers(op, values, row => Get(row)?.GetValueKind() == JsonValueKind.Number ? Get(row)!.GetValue<double>() : null, ParseNumber);
        return numbers ?? Dates(op, values, row => DateTimeOffset.TryParse(Get(row)?.ToString(), CultureInfo.InvariantCulture, out DateTimeOffset date) ? date : default);
    }
}
