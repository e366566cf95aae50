using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace ImageKitFs.Core.Content;

/// <summary>The head of a block map on disk.</summary>
/// <param name="Nonce">Random per map; part of each slot's check, so that a slot left over from an earlier map of the same name proves nothing.</param>
internal readonly record struct MapHeader(ulong Nonce, long Size, int BlockSize, VersionIdentity? Identity);

/// <summary>
/// Bytes of a block map: a header, then one slot per block. A slot is the block's XxHash3 and a check over that hash, the block's number and the nonce.
/// </summary>
/// <remarks>
/// After a crash any mixture of old and new sectors may be on disk. A torn header fails its checksum: the file is dropped. A torn or stale slot fails its
/// check: the block is a miss. A slot that is valid while the data is not there fails the block's checksum: a miss. Wrong bytes cannot pass.
/// </remarks>
internal static class MapFormat
{
    public const int HeaderBytes = 512; // one sector: written whole or not at all
    public const int SlotBytes = 16;    // divides the sector: never torn across two

    private const ulong Magic = 0x3130_5041_4d46_4b49; // "IKFMAP01"
    private const int ETagOffset = 48;
    private const int ChecksumOffset = HeaderBytes - sizeof(ulong);
    private const int NoIdentity = -2;
    private const int NoETag = -1;

    public static long FileBytes(int blockCount) => HeaderBytes + ((long)blockCount * SlotBytes);

    public static long SlotOffset(int block) => HeaderBytes + ((long)block * SlotBytes);

    public static void WriteHeader(MapHeader header, Span<byte> bytes)
    {
        bytes[..HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], header.Nonce);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], header.Size);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[24..], header.BlockSize);
        int etagBytes = NoIdentity;
        if (header.Identity is { } identity)
        {
            etagBytes = identity.ETag is null ? NoETag : Encoding.UTF8.GetBytes(identity.ETag, bytes.Slice(ETagOffset, VersionIdentity.MaxETagBytes));
            BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], identity.LastModifiedTicks);
        }

        BinaryPrimitives.WriteInt32LittleEndian(bytes[28..], etagBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[ChecksumOffset..], XxHash3.HashToUInt64(bytes[..ChecksumOffset]));
    }

    public static bool TryReadHeader(ReadOnlySpan<byte> bytes, out MapHeader header)
    {
        header = default;
        if (bytes.Length < HeaderBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[ChecksumOffset..]) != XxHash3.HashToUInt64(bytes[..ChecksumOffset]))
            return false;

        int etagBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]);
        VersionIdentity? identity = etagBytes == NoIdentity
            ? null
            : new VersionIdentity(
                etagBytes == NoETag ? null : Encoding.UTF8.GetString(bytes.Slice(ETagOffset, etagBytes)),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]));
        header = new MapHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
            identity);
        return header.Size > 0 && header.BlockSize > 0;
    }

    public static void WriteSlot(ulong nonce, int block, ulong hash, Span<byte> slot)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(slot, hash);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[8..], Check(nonce, block, hash));
    }

    public static bool TryReadSlot(ulong nonce, int block, ReadOnlySpan<byte> slot, out ulong hash)
    {
        hash = BinaryPrimitives.ReadUInt64LittleEndian(slot);
        return BinaryPrimitives.ReadUInt64LittleEndian(slot[8..]) == Check(nonce, block, hash);
    }

    private static ulong Check(ulong nonce, int block, ulong hash)
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, nonce);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], block);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], hash);
        return XxHash3.HashToUInt64(bytes);
    }
}
