using System.Globalization;
using System.Text.Json;

namespace ImageKitFs.Core.Api;

/// <summary>A custom metadata field of the account, and which values it takes (imagekit-api.md 8).</summary>
public sealed record MetadataField
{
    /// <summary>The key in a file's custom metadata.</summary>
    public required string Name { get; init; }

    /// <summary>What the dashboard calls it.</summary>
    public required string Label { get; init; }

    /// <summary>Text, Textarea, Number, Date, Boolean, SingleSelect or MultiSelect.</summary>
    public required string Type { get; init; }

    /// <summary>Files must have it: it cannot be removed.</summary>
    public bool IsRequired { get; init; }

    /// <summary>What a select field offers, as JSON values; empty for others.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Least number or date.</summary>
    public string? MinValue { get; init; }

    /// <summary>Greatest number or date.</summary>
    public string? MaxValue { get; init; }

    /// <summary>Fewest characters.</summary>
    public int? MinLength { get; init; }

    /// <summary>Most characters.</summary>
    public int? MaxLength { get; init; }

    /// <summary>A value as people write it: a text as it is, anything else as JSON.</summary>
    public static string TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : value.GetRawText();

    /// <summary>From what people write to the JSON value that the field takes.</summary>
    /// <param name="text">Of several choices either a JSON array or the choices between commas.</param>
    /// <param name="json">The value.</param>
    /// <returns>Null, or what is wrong, to be put behind the field's name.</returns>
    public string? TryRead(string text, out string json)
    {
        ArgumentNullException.ThrowIfNull(text);
        json = Quote(text);
        switch (Type)
        {
            case "Number":
                return ReadNumber(text.Trim(), out json);
            case "Boolean":
                json = text.Trim().ToLowerInvariant();
                return json is "true" or "false" ? null : "takes true or false";
            case "Date":
                return ReadDate(text.Trim(), out json);
            case "SingleSelect":
                return ReadChoice(text, out json);
            case "MultiSelect":
                return ReadChoices(text, out json);
            default:
                return CheckLength(text.Length);
        }
    }

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private string? ReadNumber(string text, out string json)
    {
        json = text;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number))
            return "takes a number";
        json = number.ToString("R", CultureInfo.InvariantCulture);
        if (NumberOf(MinValue) is { } least && number < least)
            return $"takes a number of at least {MinValue}";
        return NumberOf(MaxValue) is { } most && number > most ? $"takes a number of at most {MaxValue}" : null;
    }

    private static double? NumberOf(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;

    private string? ReadDate(string text, out string json)
    {
        json = Quote(text);
        if (DateOf(text) is not { } date)
            return "takes a date such as 2026-03-01 or 2026-03-01T09:30:00Z";
        if (DateOf(MinValue) is { } first && date < first)
            return $"takes a date from {MinValue} on";
        return DateOf(MaxValue) is { } last && date > last ? $"takes a date up to {MaxValue}" : null;
    }

    private static DateTimeOffset? DateOf(string? text) =>
        text is [>= '0' and <= '9', ..] && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date) ? date : null;

    private string? ReadChoice(string text, out string json)
    {
        json = Options.FirstOrDefault(option => TextOf(option) == text) ?? "";
        return json.Length > 0 ? null : $"takes one of {Choices()}";
    }

    private string? ReadChoices(string text, out string json)
    {
        List<string> chosen = [];
        json = "[]";
        foreach (string one in SplitChoices(text))
        {
            if (ReadChoice(one, out string choice) is not null)
                return $"takes any of {Choices()}";
            chosen.Add(choice);
        }

        json = $"[{string.Join(',', chosen)}]";
        return null;
    }

    private static string[] SplitChoices(string text)
    {
        if (!text.StartsWith('['))
            return text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        try
        {
            using JsonDocument array = JsonDocument.Parse(text);
            return [.. array.RootElement.EnumerateArray().Select(TextOf)];
        }
        catch (JsonException)
        {
            return [text];
        }
    }

    private static string TextOf(string json)
    {
        using JsonDocument value = JsonDocument.Parse(json);
        return TextOf(value.RootElement);
    }

    private string Choices() => string.Join(", ", Options.Select(TextOf));

    private string? CheckLength(int length)
    {
        if (length < MinLength)
            return $"takes at least {MinLength} characters";
        return length > MaxLength ? $"takes at most {MaxLength} characters" : null;
    }
}
