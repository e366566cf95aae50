using System.Globalization;

namespace ImageKitFs.Benchmarks;

/// <summary>One line of the table.</summary>
/// <param name="Step">What was done.</param>
/// <param name="Requests">That the service saw.</param>
/// <param name="Bytes">In both directions, bodies only.</param>
/// <param name="Seconds">Until the program ended.</param>
/// <param name="ResidentBytes">Of the serving process, at the end; null when nothing is mounted.</param>
/// <param name="PeakBytes">The most that it ever had.</param>
internal sealed record Measurement(string Step, long Requests, long Bytes, double Seconds, long? ResidentBytes, long? PeakBytes)
{
    private const double Mebibyte = 1 << 20;

    public static string Header { get; } = $"{"scenario",-58} {"requests",9} {"MiB sent",9} {"seconds",9} {"RSS MiB",9} {"peak MiB",9}";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Step,-58} {Requests,9} {Bytes / Mebibyte,9:f1} {Seconds,9:f2} {ResidentBytes / Mebibyte,9:f0} {PeakBytes / Mebibyte,9:f0}");
}
