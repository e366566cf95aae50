using System.Text;

namespace ImageKitFs.Cli.Tests.Telemetry;

/// <summary>A protobuf message taken apart without its description: fields by number. Enough to find names in it.</summary>
internal sealed class ProtoFields
{
    private readonly List<(int Number, ReadOnlyMemory<byte> Bytes)> _messages = [];

    public ProtoFields(ReadOnlyMemory<byte> message)
    {
        int at = 0;
        while (at < message.Length)
        {
            ulong tag = Varint(message.Span, ref at);
            int number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    Varint(message.Span, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(message.Span, ref at);
                    _messages.Add((number, message.Slice(at, length)));
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7}");
            }
        }
    }

    public IEnumerable<ProtoFields> Messages(int number) => _messages.Where(field => field.Number == number).Select(field => new ProtoFields(field.Bytes));

    public string Text(int number) => Encoding.UTF8.GetString(_messages.Find(field => field.Number == number).Bytes.Span);

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
