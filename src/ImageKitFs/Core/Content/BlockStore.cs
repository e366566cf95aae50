using System.Buffers;
using System.IO.Hashing;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Core.Content;

/// <summary>The blocks of one version on disk: a sparse data file and its block map. Open while someone holds the version.</summary>
/// <remarks>
/// Reads may come from any thread at any time, also while the store is being closed: they then answer false. A block is trusted once it was written by
/// this process, or read back with the checksum that its slot has. I/O failures of writes throw; of reads they are misses.
/// </remarks>
internal sealed class BlockStore : IDisposable
{
    private const byte Missing = 0;
    private const byte Stored = 1;   // the map says so; not yet read by this process
    private const byte Verified = 2;

    private readonly BlockLayout _layout;
    private readonly SafeFileHandle _data;
    private readonly SafeFileHandle _map;
    private readonly ulong[] _hashes;
    private readonly byte[] _states;
    private readonly Lock _gate = new();
    private MapHeader _header;
    private int _storedCount;

    private BlockStore(BlockLayout layout, SafeFileHandle data, SafeFileHandle map, MapHeader header)
    {
        _layout = layout;
        _data = data;
        _map = map;
        _header = header;
        _hashes = new ulong[layout.Count];
        _states = new byte[layout.Count];
    }

    public bool IsComplete => Volatile.Read(ref _storedCount) == _states.Length;

    public bool IsEmpty => Volatile.Read(ref _storedCount) == 0;

    /// <summary>What the replies that filled this store said; null when it was filled from a local file.</summary>
    public VersionIdentity? Identity
    {
        get
        {
            lock (_gate)
                return _header.Identity;
        }
    }

    /// <summary>An empty store; replaces what was there under these names.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public static BlockStore Create(StoreFiles files, BlockLayout layout)
    {
        MapHeader header = NewHeader(layout);
        Directory.CreateDirectory(files.Directory);

        // State after a crash: a map with no valid slot, or none. Nothing is served.
        SafeFileHandle map = Open(files.Map, FileMode.Create);
        try
        {
            Span<byte> bytes = stackalloc byte[MapFormat.HeaderBytes];
            MapFormat.WriteHeader(header, bytes);
            RandomAccess.Write(map, bytes, 0);
            return new BlockStore(layout, Open(files.Data, FileMode.Create), map, header);
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>Opens what an earlier process, or an earlier holder, left. Null when it is not there or not of this layout.</summary>
    public static BlockStore? TryOpen(StoreFiles files, BlockLayout layout)
    {
        SafeFileHandle? map = null;
        SafeFileHandle? data = null;
        try
        {
            map = Open(files.Map, FileMode.Open);
            data = Open(files.Data, FileMode.Open);
            byte[] bytes = new byte[MapFormat.FileBytes(layout.Count)];
            int read = DiskFile.ReadFully(map, bytes, 0);
            if (MapFormat.TryReadHeader(bytes.AsSpan(0, read), out MapHeader header) && header.Size == layout.Size && header.BlockSize == layout.BlockSize)
            {
                BlockStore store = new(layout, data, map, header);
                store.LoadSlots(bytes.AsSpan(0, read));
                (map, data) = (null, null);
                return store;
            }
        }
        catch (Exception e) when (DiskFile.IsDiskFailure(e))
        {
            // Not readable is not cached.
        }
        finally
        {
            map?.Dispose();
            data?.Dispose();
        }

        return null;
    }

    /// <summary>Writes the map of a complete file whose blocks have <paramref name="hashes"/>; the data file is put beside it afterwards.</summary>
    public static void WriteCompleteMap(StoreFiles files, BlockLayout layout, ReadOnlySpan<ulong> hashes)
    {
        MapHeader header = NewHeader(layout);
        byte[] bytes = new byte[MapFormat.FileBytes(layout.Count)];
        MapFormat.WriteHeader(header, bytes);
        for (int block = 0; block < hashes.Length; block++)
            MapFormat.WriteSlot(header.Nonce, block, hashes[block], bytes.AsSpan((int)MapFormat.SlotOffset(block)));
        Directory.CreateDirectory(files.Directory);
        string temporary = files.Map + StoreFiles.TemporaryExtension;
        using (SafeFileHandle map = Open(temporary, FileMode.Create))
            RandomAccess.Write(map, bytes, 0);
        File.Move(temporary, files.Map, overwrite: true);
    }

    /// <summary>Hashes of the blocks of a local file, and of the whole when <paramref name="whole"/> is given.</summary>
    /// <returns>False when the file is not of that size or hash.</returns>
    /// <exception cref="IOException">The disk refused.</exception>
    public static bool TryHashBlocks(string file, BlockLayout layout, UInt128? whole, out ulong[] hashes)
    {
        hashes = new ulong[layout.Count];
        XxHash128 total = new();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(layout.BlockSize);
        try
        {
            using SafeFileHandle handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (RandomAccess.GetLength(handle) != layout.Size)
                return false;
            for (int block = 0; block < hashes.Length; block++)
            {
                Span<byte> bytes = buffer.AsSpan(0, layout.Length(block));
                if (DiskFile.ReadFully(handle, bytes, layout.Start(block)) != bytes.Length)
                    return false;
                hashes[block] = XxHash3.HashToUInt64(bytes);
                if (whole is not null)
                    total.Append(bytes);
            }

            return whole is null || total.GetCurrentHashAsUInt128() == whole;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public bool Has(int block) => Volatile.Read(ref _states[block]) != Missing;

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/> when every block of it is here and sound.</summary>
    /// <param name="corrupt">Blocks that turned out corrupt and are missing from now on.</param>
    public bool TryRead(long offset, Span<byte> destination, out CorruptBlocks corrupt)
    {
        corrupt = default;
        int first = _layout.BlockAt(offset);
        int end = _layout.BlockCeiling(offset + destination.Length);
        for (int block = first; block < end; block++)
        {
            if (!Has(block))
                return false;
        }

        try
        {
            bool all = DiskFile.ReadFully(_data, destination, offset) == destination.Length;
            for (int block = first; block < end; block++)
            {
                byte state = Volatile.Read(ref _states[block]);
                if (state == Verified)
                    continue;
                long within = _layout.Start(block) - offset;
                int length = _layout.Length(block);
                bool isWhole = within >= 0 && within + length <= destination.Length;
                all &= state == Stored && (isWhole ? Judge(block, destination.Slice((int)within, length), ref corrupt) : Verify(block, ref corrupt));
            }

            return all;
        }
        catch (Exception e) when (DiskFile.IsDiskFailure(e))
        {
            return false;
        }
    }

    /// <summary>Stores a whole block. False when it was here already.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    /// <exception cref="ObjectDisposedException">The store was closed meanwhile.</exception>
    public bool Commit(int block, ReadOnlySpan<byte> bytes)
    {
        if (Has(block))
            return false;
        ulong hash = XxHash3.HashToUInt64(bytes);

        // Data before slot. After a crash in between, or with the two reordered by the disk, the slot or the block's checksum fails: a miss.
        RandomAccess.Write(_data, bytes, _layout.Start(block));
        lock (_gate)
        {
            if (_states[block] != Missing)
                return false;
            Span<byte> slot = stackalloc byte[MapFormat.SlotBytes];
            MapFormat.WriteSlot(_header.Nonce, block, hash, slot);
            RandomAccess.Write(_map, slot, MapFormat.SlotOffset(block));
            _hashes[block] = hash;
            Volatile.Write(ref _states[block], Verified);
            _storedCount++;
            return true;
        }
    }

    /// <summary>Keeps with the blocks what their replies said. Called before the first block of those replies is committed.</summary>
    public void SetIdentity(VersionIdentity identity)
    {
        lock (_gate)
        {
            if (_header.Identity == identity)
                return;
            _header = _header with { Identity = identity };
            Span<byte> bytes = stackalloc byte[MapFormat.HeaderBytes];
            MapFormat.WriteHeader(_header, bytes);
            RandomAccess.Write(_map, bytes, 0);
        }
    }

    public void Dispose()
    {
        _data.Dispose();
        _map.Dispose();
    }

    /// <summary>Bytes of the blocks that a map claims, for the start-up scan.</summary>
    public static long StoredBytes(ReadOnlySpan<byte> map, MapHeader header)
    {
        BlockLayout layout = new(header.Size, header.BlockSize);
        long bytes = 0;
        for (int block = 0; block < layout.Count && MapFormat.SlotOffset(block + 1) <= map.Length; block++)
        {
            if (MapFormat.TryReadSlot(header.Nonce, block, map[(int)MapFormat.SlotOffset(block)..], out _))
                bytes += layout.Length(block);
        }

        return bytes;
    }

    private static MapHeader NewHeader(BlockLayout layout) =>
        new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))), layout.Size, layout.BlockSize, Identity: null);

    private static SafeFileHandle Open(string path, FileMode mode) =>
        File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    private void LoadSlots(ReadOnlySpan<byte> map)
    {
        for (int block = 0; block < _states.Length && MapFormat.SlotOffset(block + 1) <= map.Length; block++)
        {
            if (!MapFormat.TryReadSlot(_header.Nonce, block, map[(int)MapFormat.SlotOffset(block)..], out ulong hash))
                continue;
            _hashes[block] = hash;
            _states[block] = Stored;
            _storedCount++;
        }
    }

    private bool Verify(int block, ref CorruptBlocks corrupt)
    {
        int length = _layout.Length(block);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> bytes = buffer.AsSpan(0, length);
            int read = DiskFile.ReadFully(_data, bytes, _layout.Start(block));
            return Judge(block, bytes[..read], ref corrupt);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Trusts a block from now on, or no more, by what was read of it.</summary>
    private bool Judge(int block, ReadOnlySpan<byte> bytes, ref CorruptBlocks corrupt)
    {
        int length = _layout.Length(block);
        bool isSound = bytes.Length == length && XxHash3.HashToUInt64(bytes) == _hashes[block];
        lock (_gate)
        {
            if (_states[block] != Stored)
                return isSound && _states[block] == Verified;
            if (isSound)
            {
                Volatile.Write(ref _states[block], Verified);
                return true;
            }

            Volatile.Write(ref _states[block], Missing);
            _storedCount--;
            corrupt = new CorruptBlocks(corrupt.Count + 1, corrupt.Bytes + length);
            RandomAccess.Write(_map, stackalloc byte[MapFormat.SlotBytes], MapFormat.SlotOffset(block));
            return false;
        }
    }
}

/// <summary>Blocks found to be corrupt by one read, and their bytes.</summary>
internal readonly record struct CorruptBlocks(int Count, long Bytes);
