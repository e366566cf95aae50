using System.Text.Json;
using System.Text.Json.Serialization;
using ImageKitFs.Cli.Commands;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Library;

/// <summary>What became of one file, for programs.</summary>
internal sealed record TransferLine
{
    /// <summary>stored, fetched, copied, unchanged, made, removed, moved or failed.</summary>
    public required string Action { get; init; }

    /// <summary>In the library, with its profile where one was named.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Path { get; init; }

    /// <summary>On this machine.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Local { get; init; }

    /// <summary>Where it came from, for what is copied or moved in a library.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? From { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Size { get; init; }

    /// <summary>Why it failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }
}

/// <summary>Says what became of each file: a line, an object a line for programs, or one line for all when a progress bar had the screen.</summary>
internal sealed class TransferReport(bool asJson)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Files, long Bytes)> _sums = new(StringComparer.Ordinal);
    private bool _isSummed;

    /// <summary>Only what was done in all is said, at the end.</summary>
    public void Sum() => _isSummed = !asJson;

    public void Say(TransferLine line)
    {
        lock (_lock)
        {
            if (asJson)
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(line, CliLineJson.Default.TransferLine));
                return;
            }

            if (line.Error is not null)
                return; // Said on standard error.
            (int files, long bytes) = _sums.GetValueOrDefault(line.Action);
            _sums[line.Action] = (files + 1, bytes + (line.Size ?? 0));
            if (!_isSummed)
                Console.Out.WriteLine(Words(line));
        }
    }

    /// <summary>The bar has gone: says the sum, and single lines from here on.</summary>
    public void End()
    {
        if (_isSummed && _sums.Count > 0)
            Console.Out.WriteLine(string.Join(", ", _sums.Select(sum => $"{Capital(sum.Key)} {Plain.Count(sum.Value.Files, "file")} ({Units.FormatSize(sum.Value.Bytes)})")));
        _sums.Clear();
        _isSummed = false;
    }

    private static string Words(TransferLine line)
    {
        string what = Plain.Printable(line.Path ?? line.Local ?? "");
        return line.From is { } from ? $"{Capital(line.Action)} {Plain.Printable(from)} to {what}" : $"{Capital(line.Action)} {what}";
    }

    private static string Capital(string action) => char.ToUpperInvariant(action[0]) + action[1..];
}

/// <summary>For output of one object a line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = false)]
[JsonSerializable(typeof(TransferLine))]
internal sealed partial class CliLineJson : JsonSerializerContext;
