using System.Globalization;

namespace ImageKitFs.Core.Api;

/// <summary>Lengths of time as people read them: "580 ms", "1.2 s", "45 s", "5 min", "3 h".</summary>
internal static class Durations
{
    public static string ToWords(this TimeSpan duration)
    {
        (double number, string unit) = duration switch
        {
            { TotalMilliseconds: < 999.5 } => (Math.Round(duration.TotalMilliseconds), "ms"),
            { TotalSeconds: < 9.95 } => (Math.Round(duration.TotalSeconds, 1), "s"),
            { TotalSeconds: < 99.5 } => (Math.Round(duration.TotalSeconds), "s"),
            { TotalMinutes: < 99.5 } => (Math.Round(duration.TotalMinutes), "min"),
            _ => (Math.Round(duration.TotalHours), "h"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{number} {unit}");
    }
}
