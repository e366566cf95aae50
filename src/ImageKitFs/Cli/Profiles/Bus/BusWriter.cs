using System.Buffers.Binary;
using System.Text;

namespace ImageKitFs.Cli.Profiles.Bus;

/// <summary>Writes D-Bus values, little-endian, each aligned from the start as the D-Bus specification's "Marshaling" says.</summary>
internal sealed class BusWriter
{
    private readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public BusWriter Align(int boundary)
    {
        while (_bytes.Count % boundary != 0)
            _bytes.Add(0);
        return this;
    }

    public BusWriter Byte(byte value)
    {
        _bytes.Add(value);
        return this;
    }

    public BusWriter Number(uint value)
    {
        Align(sizeof(uint));
        Span<byte> four = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(four, value);
        _bytes.AddRange(four);
        return this;
    }

    public BusWriter Bool(bool value) => Number(value ? 1u : 0u);

    /// <summary>A string or an object path.</summary>
    public BusWriter Text(string value)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(value);
        Number((uint)utf8.Length);
        _bytes.AddRange(utf8);
        return Byte(0);
    }

    public BusWriter Signature(string value)
    {
        Byte((byte)value.Length);
        _bytes.AddRange(Encoding.ASCII.GetBytes(value));
        return Byte(0);
    }

    /// <summary>`ay`.</summary>
    public BusWriter Bytes(ReadOnlySpan<byte> value)
    {
        Number((uint)value.Length);
        _bytes.AddRange(value);
        return this;
    }

    /// <summary>An array: its length counts from the first element, behind the padding.</summary>
    public BusWriter Array(int alignment, Action<BusWriter> elements)
    {
        Number(0);
        int at = _bytes.Count - sizeof(uint);
        Align(alignment);
        int begin = _bytes.Count;
        elements(this);
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)(_bytes.Count - begin));
        for (int i = 0; i < length.Length; i++)
            _bytes[at + i] = length[i];
        return this;
    }

    /// <summary>`a{ss}`.</summary>
    public BusWriter Dictionary(IReadOnlyDictionary<string, string> pairs) => Array(alignment: 8, writer =>
    {
        foreach ((string key, string value) in pairs)
            writer.Align(8).Text(key).Text(value);
    });
}
