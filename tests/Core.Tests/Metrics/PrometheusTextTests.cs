using System.Diagnostics.Metrics;
using System.Text;
using ImageKitFs.Core.Metrics;
using Xunit;

namespace ImageKitFs.Core.Tests.Metrics;

public sealed class PrometheusTextTests
{
    [Fact]
    public void Names_have_their_unit_in_words_and_counters_end_in_total()
    {
        using Meter meter = new("test");
        using PrometheusText text = new(meter);
        meter.CreateObservableCounter("app.network.io", () => 7L, "By", "Bytes.");
        meter.CreateObservableGauge("app.pause", () => 0.25, "s", "Pause.");
        meter.CreateObservableGauge("app.files", () => 3L, "{file}", "Files.");

        Assert.Equal(
            """
            # HELP app_network_io_bytes_total Bytes.
            # TYPE app_network_io_bytes_total counter
            app_network_io_bytes_total 7
            # HELP app_pause_seconds Pause.
            # TYPE app_pause_seconds gauge
            app_pause_seconds 0.25
            # HELP app_files Files.
            # TYPE app_files gauge
            app_files 3

            """,
            Encoding.UTF8.GetString(text.Read()));
    }

    [Fact]
    public void Labels_and_help_are_escaped_so_that_a_path_cannot_forge_a_series()
    {
        using Meter meter = new("test");
        using PrometheusText text = new(meter);
        Measurement<long> measurement = new(1, new KeyValuePair<string, object?>("mount.point", "/a\\b\"c\nd{x=\"1\"} 5"));
        meter.CreateObservableGauge("app.info", () => measurement, "", "First\nsecond \\ line.");

        Assert.Equal(
            [
                "# HELP app_info First\\nsecond \\\\ line.",
                "# TYPE app_info gauge",
                "app_info{mount_point=\"/a\\\\b\\\"c\\nd{x=\\\"1\\\"} 5\"} 1",
                "",
            ],
            Encoding.UTF8.GetString(text.Read()).Split('\n'));
    }

    [Fact]
    public void Numbers_are_written_as_Prometheus_reads_them_and_each_reading_stands_alone()
    {
        double value = double.PositiveInfinity;
        using Meter meter = new("test");
        using PrometheusText text = new(meter);
        meter.CreateObservableGauge("app.value", () => value, "", "");

        string[] read = [Last(), Last(double.NegativeInfinity), Last(double.NaN), Last(1e21), Last(-0.5)];

        Assert.Equal(["app_value +Inf", "app_value -Inf", "app_value NaN", "app_value 1E+21", "app_value -0.5"], read);

        string Last(double? next = null)
        {
            value = next ?? value;
            return Assert.Single(Encoding.UTF8.GetString(text.Read()).Split('\n'), line => line.Length > 0 && line[0] != '#');
        }
    }

    [Fact]
    public void Another_meter_of_the_same_name_is_not_ours()
    {
        using Meter meter = new("test");
        using PrometheusText text = new(meter);
        using Meter other = new("test");
        other.CreateObservableGauge("app.value", () => 1L, "", "");

        Assert.Empty(text.Read());
    }
}
