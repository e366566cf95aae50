using System.Globalization;
using System.Runtime.Versioning;
using ImageKitFs.Benchmarks.Scenarios;

[assembly: SupportedOSPlatform("linux")]

namespace ImageKitFs.Benchmarks;

/// <summary>Measures what programs cost on a real kernel mount. Arguments: --latency MS, and parts of the names of the scenarios to run (all).</summary>
internal static class Program
{
    private const int DefaultLatency = 50;

    /// <summary>One file each.</summary>
    private static readonly Scenario[] All =
    [
        new TenTimesThousand(),
        new HundredTimesHundred(),
        new WarmMetadata(),
        new OneFolderOfHundredThousand(),
        new Restart(),
        new MillionFiles(),
        new SequentialRead(megabytes: 200, bytesPerSecond: null),
        new SequentialRead(megabytes: 200, bytesPerSecond: "8M"),
        new SequentialRead(megabytes: 1000, bytesPerSecond: "8M"),
        new LongVideo(),
        new SmallFilesOut(),
        new SmallFilesIn(),
        new AgainstPassthrough(),
    ];

    private static async Task<int> Main(string[] arguments)
    {
        int latency = DefaultLatency;
        var wanted = new List<string>();
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--latency" && i + 1 < arguments.Length)
                latency = int.Parse(arguments[++i], CultureInfo.InvariantCulture);
            else
                wanted.Add(arguments[i]);
        }

        Scenario[] chosen = [.. All.Where(scenario => wanted.Count == 0 || wanted.Exists(part => scenario.Name.Contains(part, StringComparison.OrdinalIgnoreCase)))];
        if (chosen.Length == 0)
        {
            await Console.Error.WriteLineAsync($"no such scenario; there are: {string.Join(", ", All.Select(scenario => scenario.Name))}");
            return 2;
        }

        Console.WriteLine($"{latency} ms a request");
        Console.WriteLine(Measurement.Header);
        foreach (Scenario scenario in chosen)
        {
            await using Bench bench = await Bench.StartAsync(scenario, latency);
            await scenario.RunAsync(bench);
        }

        return 0;
    }
}
