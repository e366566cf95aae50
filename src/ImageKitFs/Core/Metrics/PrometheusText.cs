using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace ImageKitFs.Core.Metrics;

/// <summary>
/// A meter's observable instruments in Prometheus' text format 0.0.4. Names follow OpenTelemetry's rules for Prometheus: dots become underscores, the unit is
/// added in words (By: bytes, s: seconds), counters end in _total. Other meters, and other instances of a meter of that name, are left out.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly MeterListener _listener;
    private readonly Lock _lock = new();
    private readonly List<Family> _families = [];

    public PrometheusText(Meter meter)
    {
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter != meter)
                    return;
                Family family = new(instrument);
                _families.Add(family);
                listener.EnableMeasurementEvents(instrument, family);
            },
        };
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((Family)family!).Add(tags, value.ToString(CultureInfo.InvariantCulture)));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((Family)family!).Add(tags, Number(value)));
        _listener.Start();
    }

    /// <summary>Reads every instrument once.</summary>
    /// <remarks>UTF-8. Families come in the order in which the meter made them; one without a series has its head only.</remarks>
    public byte[] Read()
    {
        lock (_lock)
        {
            foreach (Family family in _families)
                family.Series.Clear();
            _listener.RecordObservableInstruments();
            StringBuilder text = new();
            foreach (Family family in _families)
                family.Write(text);
            return Encoding.UTF8.GetBytes(text.ToString());
        }
    }

    public void Dispose() => _listener.Dispose();

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>One instrument: a name, its type and its series.</summary>
    private sealed class Family
    {
        private readonly string _name;
        private readonly string _type;
        private readonly string _help;

        public Family(Instrument instrument)
        {
            bool isCounter = instrument is ObservableCounter<long> or ObservableCounter<double>;
            string unit = instrument.Unit switch
            {
                "By" => "_bytes",
                "s" => "_seconds",
                _ => "", // {requests} and the like name what is counted, as the name does.
            };
            _name = instrument.Name.Replace('.', '_') + unit + (isCounter ? "_total" : "");
            _type = isCounter ? "counter" : "gauge";
            _help = (instrument.Description ?? "").Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        }

        public List<string> Series { get; } = [];

        public void Add(ReadOnlySpan<KeyValuePair<string, object?>> tags, string value)
        {
            StringBuilder line = new(_name);
            for (int i = 0; i < tags.Length; i++)
                line.Append(i == 0 ? '{' : ',').Append(tags[i].Key.Replace('.', '_')).Append("=\"").Append(Escape(tags[i].Value?.ToString() ?? "")).Append('"');
            if (tags.Length > 0)
                line.Append('}');
            Series.Add(line.Append(' ').Append(value).ToString());
        }

        public void Write(StringBuilder text)
        {
            text.Append("# HELP ").Append(_name).Append(' ').Append(_help).Append('\n');
            text.Append("# TYPE ").Append(_name).Append(' ').Append(_type).Append('\n');
            foreach (string series in Series)
                text.Append(series).Append('\n');
        }

        private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
    }
}
