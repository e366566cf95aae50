using System.Globalization;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Reads the units people write on a command line. Binary sizes (10G is 10 GiB), times with a suffix, octal masks.</summary>
internal static class Units
{
    private const long Kibi = 1024;

    /// <summary>`1000`, `512K`, `10G`, `10GiB`, `1T`; not negative.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        int digits = CountNumber(text);
        if (digits == 0 || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            return false;
        double scale = text[digits..].ToUpperInvariant() switch
        {
            "" or "B" => 1,
            "K" or "KB" or "KIB" => Kibi,
            "M" or "MB" or "MIB" => Kibi * Kibi,
            "G" or "GB" or "GIB" => Kibi * Kibi * Kibi,
            "T" or "TB" or "TIB" => (double)Kibi * Kibi * Kibi * Kibi,
            _ => 0,
        };
        double total = number * scale;
        if (scale == 0 || total >= long.MaxValue)
            return false;
        bytes = (long)total;
        return true;
    }

    /// <summary>`60` (seconds), `250ms`, `60s`, `5m`, `1h`, `1d`; not negative.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        int digits = CountNumber(text);
        if (digits == 0 || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            return false;
        double milliseconds = text[digits..].ToLowerInvariant() switch
        {
            "ms" => 1,
            "" or "s" => 1000,
            "m" or "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => 0,
        };
        double total = number * milliseconds;
        // The ceiling is what a timer takes: about 49 days.
        if (milliseconds == 0 || total >= uint.MaxValue - 1)
            return false;
        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary>So many a second; 0 for no limit.</summary>
    public static bool TryParseRate(string text, out double rate) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out rate) && double.IsFinite(rate);

    /// <summary>Octal permission bits, at most 0777.</summary>
    public static bool TryParseMask(string text, out int mask)
    {
        mask = 0;
        if (text.Length is 0 or > 4)
            return false;
        foreach (char digit in text)
        {
            if (digit is < '0' or > '7')
                return false;
            mask = (mask << 3) | (digit - '0');
        }

        return mask <= 0x1FF;
    }

    /// <summary>For people: 3 digits at most before the unit.</summary>
    public static string FormatSize(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1000 && unit < units.Length - 1)
        {
            value /= Kibi;
            unit++;
        }

        return unit == 0
            ? $"{bytes} B"
            : string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }

    private static int CountNumber(string text)
    {
        int count = 0;
        while (count < text.Length && (char.IsAsciiDigit(text[count]) || text[count] == '.'))
            count++;
        return count;
    }
}
