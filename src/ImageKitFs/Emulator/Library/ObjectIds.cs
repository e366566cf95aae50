using System.Globalization;

namespace ImageKitFs.Emulator.Library;

/// <summary>Makes ids as the service's samples look: 24 hexadecimal digits, the first 8 the time.</summary>
internal sealed class ObjectIds(TimeProvider time)
{
    private readonly ulong _process = (ulong)Random.Shared.NextInt64(1L << 40);
    private uint _counter;

    /// <summary>A new id.</summary>
    public string Next()
    {
        uint seconds = (uint)time.GetUtcNow().ToUnixTimeSeconds();
        uint count = Interlocked.Increment(ref _counter) & 0xFFFFFF;
        return string.Create(CultureInfo.InvariantCulture, $"{seconds:x8}{_process:x10}{count:x6}");
    }

    /// <summary>True for 24 hexadecimal digits.</summary>
    public static bool IsValid(string id) => id.Length == 24 && id.All(char.IsAsciiHexDigit);
}
