using System.Buffers.Binary;

namespace ImageKitFs.Cli.Profiles.Bus;

/// <summary>What a message is.</summary>
internal enum BusMessageKind
{
    Call = 1,
    Return = 2,
    Error = 3,
    Signal = 4,
}

/// <summary>A message that came over the bus (D-Bus specification, "Message Format").</summary>
internal sealed record BusMessage(BusMessageKind Kind, uint ReplyTo, string Path, string Interface, string Member, string ErrorName, byte[] Body)
{
    /// <summary>The fixed part: endianness, kind, flags, version, length of the body, serial, length of the fields.</summary>
    public const int FixedHeader = 16;

    // The specification's limit is 128 MiB; nothing that is asked here comes near this.
    private const uint MaxBytes = 1 << 20;

    private const byte LittleEndian = (byte)'l';
    private const byte Version = 1;
    private const byte FieldPath = 1;
    private const byte FieldInterface = 2;
    private const byte FieldMember = 3;
    private const byte FieldErrorName = 4;
    private const byte FieldReplySerial = 5;
    private const byte FieldDestination = 6;
    private const byte FieldSignature = 8;

    /// <summary>A reader of the body.</summary>
    public BusReader Read() => new(Body);

    /// <summary>A method call, ready to send.</summary>
    public static byte[] Call(uint serial, string destination, string path, string @interface, string member, string signature, BusWriter body)
    {
        BusWriter message = new();
        message.Byte(LittleEndian).Byte((byte)BusMessageKind.Call).Byte(0).Byte(Version).Number((uint)body.Length).Number(serial);
        message.Array(alignment: 8, fields =>
        {
            Field(fields, FieldPath, "o", path);
            Field(fields, FieldInterface, "s", @interface);
            Field(fields, FieldMember, "s", member);
            Field(fields, FieldDestination, "s", destination);
            if (signature.Length > 0)
                fields.Align(8).Byte(FieldSignature).Signature("g").Signature(signature);
        });
        message.Align(8);
        return [.. message.ToArray(), .. body.ToArray()];
    }

    /// <summary>How many bytes follow the fixed part.</summary>
    /// <exception cref="BusException">It is no message that can be read.</exception>
    public static int RestOf(ReadOnlySpan<byte> fixedHeader)
    {
        uint body = BinaryPrimitives.ReadUInt32LittleEndian(fixedHeader[4..]);
        uint fields = BinaryPrimitives.ReadUInt32LittleEndian(fixedHeader[12..]);
        if (fixedHeader[0] != LittleEndian || body > MaxBytes || fields > MaxBytes)
            throw new BusException("a message on the bus cannot be read");
        return (int)((((FixedHeader + fields + 7) / 8 * 8) - FixedHeader) + body);
    }

    /// <summary>Takes a whole message apart.</summary>
    public static BusMessage Parse(byte[] message)
    {
        BusReader reader = new(message);
        reader.Byte();
        BusMessageKind kind = (BusMessageKind)reader.Byte();
        reader.Byte();
        reader.Byte();
        int bodyLength = (int)reader.Number();
        reader.Number();
        uint fieldsLength = reader.Number();
        Dictionary<byte, object> fields = [];
        BusReader inFields = new(message[..(int)(FixedHeader + fieldsLength)]);
        for (int skipped = 0; skipped < FixedHeader; skipped++)
            inFields.Byte();
        while (!inFields.Align(8).AtEnd)
        {
            byte code = inFields.Byte();
            fields[code] = inFields.Variant();
        }

        return new BusMessage(
            kind, fields.GetValueOrDefault(FieldReplySerial) as uint? ?? 0, TextOf(FieldPath), TextOf(FieldInterface), TextOf(FieldMember), TextOf(FieldErrorName),
            message[^bodyLength..]);

        string TextOf(byte field) => fields.GetValueOrDefault(field) as string ?? "";
    }

    private static void Field(BusWriter fields, byte code, string type, string value) => fields.Align(8).Byte(code).Signature(type).Text(value);
}
