using System.Buffers.Binary;
using System.Text;

namespace ImageKitFs.Cli.Profiles.Bus;

/// <summary>Reads D-Bus values, little-endian, as <see cref="BusWriter"/> writes them.</summary>
internal sealed class BusReader(byte[] bytes)
{
    private int _at;

    public bool AtEnd => _at >= bytes.Length;

    public BusReader Align(int boundary)
    {
        _at = (_at + boundary - 1) / boundary * boundary;
        return this;
    }

    /// <exception cref="BusException">The message is shorter than it says.</exception>
    public byte Byte() => Take(1)[0];

    public uint Number()
    {
        Align(sizeof(uint));
        return BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
    }

    public bool Bool() => Number() != 0;

    /// <summary>A string or an object path.</summary>
    public string Text()
    {
        string text = Encoding.UTF8.GetString(Take(Number()));
        Take(1);
        return text;
    }

    public string Signature()
    {
        string text = Encoding.ASCII.GetString(Take(Byte()));
        Take(1);
        return text;
    }

    /// <summary>`ay`.</summary>
    public byte[] Bytes() => Take(Number()).ToArray();

    /// <summary>`ao` or `as`.</summary>
    public List<string> Texts()
    {
        uint length = Number();
        int end = _at + (int)Math.Min(length, (uint)bytes.Length);
        List<string> texts = [];
        while (_at < end)
            texts.Add(Text());
        return texts;
    }

    /// <summary>A variant of one of the simple types that header fields and these services use; what else it may hold is an error.</summary>
    public object Variant() => Signature() switch
    {
        "s" or "o" => Text(),
        "g" => Signature(),
        "u" => Number(),
        "b" => Bool(),
        "ao" or "as" => Texts(),
        string other => throw new BusException($"unexpected type '{other}' on the bus"),
    };

    private ReadOnlySpan<byte> Take(uint count)
    {
        if (count > bytes.Length - _at)
            throw new BusException("a message on the bus is cut short");
        ReadOnlySpan<byte> taken = bytes.AsSpan(_at, (int)count);
        _at += (int)count;
        return taken;
    }
}
