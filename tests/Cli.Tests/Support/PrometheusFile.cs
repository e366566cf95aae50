using System.Globalization;
using System.Text.RegularExpressions;

namespace ImageKitFs.Cli.Tests.Support;

/// <summary>Reads Prometheus' text format 0.0.4 as strictly as its own checker does: what is not allowed, or not good practice, fails the test.</summary>
internal sealed partial class PrometheusFile
{
    private readonly Dictionary<string, double> _series = new(StringComparer.Ordinal);

    public PrometheusFile(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
        string family = "";
        HashSet<string> seen = [];
        foreach (string line in text[..^1].Split('\n'))
        {
            if (Help().Match(line) is { Success: true } help)
            {
                family = help.Groups["name"].Value;
                Assert.True(seen.Add(family), $"{family} comes twice");
                Assert.NotEmpty(help.Groups["text"].Value);
            }
            else if (Type().Match(line) is { Success: true } type)
            {
                Assert.Equal(family, type.Groups["name"].Value);
                Types.Add(family, type.Groups["type"].Value);
                Assert.Equal(type.Groups["type"].Value == "counter", family.EndsWith("_total", StringComparison.Ordinal));
                // Base units, as words, before _total; no milliseconds, no kilobytes.
                Assert.DoesNotMatch("(milli|micro|nano|kilo|mega|_ms|_kb|minutes|hours)", family);
            }
            else
            {
                AddSeries(line, family);
            }
        }

        Assert.Equal(seen.Order(StringComparer.Ordinal), Types.Keys.Order(StringComparer.Ordinal));
    }

    public Dictionary<string, string> Types { get; } = new(StringComparer.Ordinal);

    public double this[string series] => _series[series];

    /// <summary>All series of a family whose labels hold <paramref name="label"/>, added up.</summary>
    public double Sum(string family, string label = "") =>
        _series.Where(of => of.Key.Split('{')[0] == family && of.Key.Contains(label, StringComparison.Ordinal)).Sum(of => of.Value);

    private void AddSeries(string line, string family)
    {
        Match match = Series().Match(line);
        Assert.True(match.Success, $"no series: {line}");
        Assert.Equal(family, match.Groups["name"].Value);
        Assert.Contains(family, Types.Keys);
        double value = double.Parse(match.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (Types[family] == "counter")
            Assert.True(value >= 0, line);
        string[] labels = [.. match.Groups["label"].Captures.Select(label => label.Value)];
        Assert.Equal(labels.Distinct(StringComparer.Ordinal), labels);
        Assert.True(_series.TryAdd(match.Groups["name"].Value + match.Groups["labels"].Value, value), $"comes twice: {line}");
    }

    [GeneratedRegex(@"^# HELP (?<name>[a-z][a-z0-9_]*) (?<text>.*)$")]
    private static partial Regex Help();

    [GeneratedRegex("^# TYPE (?<name>[a-z][a-z0-9_]*) (?<type>counter|gauge|histogram|summary|untyped)$")]
    private static partial Regex Type();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{((?<label>[a-zA-Z_][a-zA-Z0-9_]*)="([^"\\]|\\["\\n])*",?)*\})? (?<value>[+-]?(Inf|NaN|[0-9.]+([eE][+-]?[0-9]+)?))$""", RegexOptions.ExplicitCapture)]
    private static partial Regex Series();
}
