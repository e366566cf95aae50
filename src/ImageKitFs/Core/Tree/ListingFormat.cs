using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace ImageKitFs.Core.Tree;

/// <summary>A listing as bytes: three lengths, the cells and names as they lie in memory, what few rows have, and a checksum over all of it.</summary>
/// <remarks>Read by the program that wrote it, on the same machine: a change of this or of <see cref="RowCells"/> is another <see cref="TreeSchema.Version"/>.</remarks>
internal static class ListingFormat
{
    private const int HeaderBytes = 3 * sizeof(int);

    /// <summary>The part of a listing whose length is not known beforehand.</summary>
    public static byte[] RestOf(RowBlock rows)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(rows.Mimes.Count);
        foreach (string mime in rows.Mimes)
            writer.Write(mime);
        WriteSparse(writer, rows.OddIds, writer.Write);
        WriteSparse(writer, rows.OddVersions, writer.Write);
        WriteSparse(writer, rows.ObjectVersions, writer.Write);
        WriteSparse(writer, rows.Extras, extras =>
        {
            writer.Write(extras.Tags.Count);
            foreach (string tag in extras.Tags)
                writer.Write(tag);
            WriteText(writer, extras.CustomCoordinates);
            WriteText(writer, extras.Description);
            WriteText(writer, extras.CustomMetadataJson);
        });
        writer.Flush();
        return stream.ToArray();
    }

    public static long LengthOf(RowBlock rows, byte[] rest) =>
        HeaderBytes + MemoryMarshal.AsBytes(rows.Cells).Length + (long)rows.Names.Length + rest.Length + sizeof(ulong);

    public static void Write(Stream stream, RowBlock rows, byte[] rest)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, rows.Count);
        BinaryPrimitives.WriteInt32LittleEndian(header[sizeof(int)..], rows.Names.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[(2 * sizeof(int))..], rest.Length);
        var hash = new XxHash3();
        Put(header);
        Put(MemoryMarshal.AsBytes(rows.Cells));
        Put(rows.Names);
        Put(rest);
        Span<byte> sum = stackalloc byte[sizeof(ulong)];
        hash.GetCurrentHash(sum);
        stream.Write(sum);

        void Put(ReadOnlySpan<byte> bytes)
        {
            hash.Append(bytes);
            stream.Write(bytes);
        }
    }

    /// <returns>Null when the bytes are not what was written.</returns>
    public static RowBlock? Read(Stream stream)
    {
        var hash = new XxHash3();
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (stream.Length < HeaderBytes + sizeof(ulong))
            return null;
        Take(header);
        int count = BinaryPrimitives.ReadInt32LittleEndian(header);
        int nameBytes = BinaryPrimitives.ReadInt32LittleEndian(header[sizeof(int)..]);
        int restBytes = BinaryPrimitives.ReadInt32LittleEndian(header[(2 * sizeof(int))..]);
        // Before anything of that size is made room for.
        if (count < 0 || nameBytes < 0 || restBytes < 0
            || HeaderBytes + ((long)count * Marshal.SizeOf<RowCells>()) + nameBytes + restBytes + sizeof(ulong) != stream.Length)
            return null;
        RowCells[] cells = LongLived.Zeros<RowCells>(count);
        byte[] names = LongLived.Zeros<byte>(nameBytes);
        byte[] rest = new byte[restBytes];
        Take(MemoryMarshal.AsBytes(cells.AsSpan()));
        Take(names);
        Take(rest);
        Span<byte> sum = stackalloc byte[sizeof(ulong)];
        stream.ReadExactly(sum);
        Span<byte> own = stackalloc byte[sizeof(ulong)];
        hash.GetCurrentHash(own);
        return sum.SequenceEqual(own) ? Join(cells, names, rest) : null;

        void Take(Span<byte> bytes)
        {
            stream.ReadExactly(bytes);
            hash.Append(bytes);
        }
    }

    private static RowBlock Join(RowCells[] cells, byte[] names, byte[] rest)
    {
        using var stream = new MemoryStream(rest);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        var mimes = new List<string>(reader.ReadInt32());
        for (int i = mimes.Capacity; i > 0; i--)
            mimes.Add(reader.ReadString());
        return RowBlock.From(
            cells, names, mimes, ReadSparse(reader, reader.ReadString), ReadSparse(reader, reader.ReadString), ReadSparse(reader, reader.ReadString),
            ReadSparse(reader, () =>
            {
                string[] tags = new string[reader.ReadInt32()];
                for (int i = 0; i < tags.Length; i++)
                    tags[i] = reader.ReadString();
                return new RowExtras(tags, ReadText(reader), ReadText(reader), ReadText(reader));
            }));
    }

    private static void WriteSparse<T>(BinaryWriter writer, SparseColumn<T> column, Action<T> write)
        where T : class
    {
        writer.Write(column.Count);
        foreach ((int row, T value) in column.All())
        {
            writer.Write(row);
            write(value);
        }
    }

    private static SparseColumn<T> ReadSparse<T>(BinaryReader reader, Func<T> read)
        where T : class
    {
        var column = new SparseColumn<T>();
        for (int left = reader.ReadInt32(); left > 0; left--)
            column.Add(reader.ReadInt32(), read());
        return column;
    }

    private static void WriteText(BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        if (text is not null)
            writer.Write(text);
    }

    private static string? ReadText(BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;
}
