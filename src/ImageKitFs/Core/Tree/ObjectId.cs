using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace ImageKitFs.Core.Tree;

/// <summary>An id of the service in 12 bytes: all ids seen are 24 lower-case hex characters. Any other text is kept as it is.</summary>
internal readonly record struct ObjectId
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>12 bytes in hex.</summary>
    private const int HexLength = 24;

    /// <summary>Where the 8 bytes of <see cref="High"/> end in the text.</summary>
    private const int HighHexLength = 16;

    private ObjectId(ulong high, uint low, string? odd)
    {
        High = high;
        Low = low;
        Odd = odd;
    }

    /// <summary>The first 8 bytes; of an odd id, a hash.</summary>
    public ulong High { get; }

    /// <summary>The last 4 bytes; 0 for an odd id.</summary>
    public uint Low { get; }

    /// <summary>The text of an id that is not 24 hex characters, else null.</summary>
    public string? Odd { get; }

    /// <summary>True for the empty text (a folder has no version).</summary>
    public bool IsEmpty => High == 0 && Low == 0 && Odd is null;

    /// <summary>An id from its parts, as a column holds them.</summary>
    public static ObjectId FromParts(ulong high, uint low, string? odd) => new(high, low, odd);

    public static ObjectId Parse(string text)
    {
        if (text.Length == 0)
            return default;
        if (text.Length == HexLength && !text.AsSpan().ContainsAnyExcept(HexDigits))
        {
            ulong high = ulong.Parse(text.AsSpan(0, HighHexLength), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            uint low = uint.Parse(text.AsSpan(HighHexLength), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            // All zeros would read as the empty id.
            if (high != 0 || low != 0)
                return new ObjectId(high, low, null);
        }
        return new ObjectId(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text)), 0, text);
    }

    /// <summary>Spreads the bytes evenly: ids made one after the other differ in a counter only.</summary>
    public uint Hash() => (uint)LongHash();

    /// <summary>As <see cref="Hash"/>, in 64 bits.</summary>
    public ulong LongHash()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong) + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, High);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[sizeof(ulong)..], Low);
        return XxHash3.HashToUInt64(bytes);
    }

    /// <summary>The order of the texts, ordinal.</summary>
    public static int Compare(ObjectId left, ObjectId right)
    {
        if (left.Odd is not null || right.Odd is not null || left.IsEmpty || right.IsEmpty)
            return string.CompareOrdinal(left.ToString(), right.ToString());
        int high = left.High.CompareTo(right.High);
        return high != 0 ? high : left.Low.CompareTo(right.Low);
    }

    /// <summary>Bytes of the text.</summary>
    public int Utf8Length => Odd is not null ? Encoding.UTF8.GetByteCount(Odd) : IsEmpty ? 0 : HexLength;

    /// <summary>True when this is the text of the id.</summary>
    public bool Is(string? text)
    {
        if (Odd is not null || text?.Length != HexLength)
            return text == ToString();
        Span<byte> utf8 = stackalloc byte[HexLength];
        WriteUtf8(utf8);
        return !IsEmpty && Ascii.Equals(utf8, text);
    }

    /// <summary>The text.</summary>
    /// <param name="destination">At least <see cref="Utf8Length"/> bytes.</param>
    public void WriteUtf8(Span<byte> destination)
    {
        if (Odd is not null)
        {
            Encoding.UTF8.GetBytes(Odd, destination);
        }
        else if (!IsEmpty)
        {
            High.TryFormat(destination, out int written, "x16", CultureInfo.InvariantCulture);
            Low.TryFormat(destination[written..], out _, "x8", CultureInfo.InvariantCulture);
        }
    }

    public override string ToString() => Odd ?? (IsEmpty ? "" : string.Create(CultureInfo.InvariantCulture, $"{High:x16}{Low:x8}"));
}
