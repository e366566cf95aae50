using System.IO.Hashing;
using System.Security.Cryptography;

namespace ImageKitFs.Core.Tree;

/// <summary>The numbers that stat shows, one for each object of the library: unique, and the same in every run as long as the engine binds what it persisted.</summary>
/// <remarks>
/// A number is a 63-bit hash of the id; where that is taken, the next free one. 63 bits, because programs keep it in signed integers.
/// Source: design.md section 3. Safe from any thread.
/// </remarks>
internal sealed class InodeNumbers
{
    /// <summary>The root's, by custom.</summary>
    public const ulong Root = 1;

    private const ulong Mask = long.MaxValue;

    private const uint Nobody = 0;

    /// <summary>Room for the ids that the service makes, and then some; a longer one is hashed through the heap.</summary>
    private const int StackBytes = 128;

    private readonly Lock _lock = new();

    /// <summary>Every number in use and whose it is, by a second hash of the id; <see cref="Nobody"/> for a number that no id has yet.</summary>
    private readonly NumberTable _taken = new();

    /// <summary>The ids whose number is not the hash itself, and whose each such number is.</summary>
    private readonly Dictionary<ObjectId, ulong> _moved = [];
    private readonly Dictionary<ulong, ObjectId> _movedTo = [];

    private readonly IdHash _hash;

    public InodeNumbers()
        : this(static id => XxHash3.HashToUInt64(id))
    {
    }

    /// <param name="hash">Same result in every run; tests pass one that collides.</param>
    internal InodeNumbers(IdHash hash)
    {
        _hash = hash;
        _taken.TryAdd(Root, Nobody);
    }

    /// <param name="id">UTF-8.</param>
    internal delegate ulong IdHash(ReadOnlySpan<byte> id);

    /// <summary>As <see cref="For(ObjectId)"/>.</summary>
    public ulong For(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return For(ObjectId.Parse(id));
    }

    /// <summary>The number of an id; the first time it is chosen, from then on it is the same until <see cref="Release(string)"/>.</summary>
    public ulong For(ObjectId key)
    {
        ulong natural = Natural(key);
        lock (_lock)
        {
            if (TryFind(natural, key, out ulong ino))
                return ino;
            ino = natural;
            while (!_taken.TryAdd(ino, MarkOf(key)))
                ino = Next(ino);
            // A displaced id keeps its number when the one that it gave way to goes.
            if (ino != natural)
                Move(key, ino);
            return ino;
        }
    }

    /// <summary>A random number that is free, for an object that has no id yet.</summary>
    public ulong Reserve()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        lock (_lock)
        {
            ulong ino;
            do
            {
                RandomNumberGenerator.Fill(bytes);
                ino = BitConverter.ToUInt64(bytes) & Mask;
            }
            while (ino <= Root || !_taken.TryAdd(ino, Nobody));
            return ino;
        }
    }

    /// <summary>Gives an id this number from now on. Whoever had the number loses it, and the number that the id had is free.</summary>
    /// <remarks>For a commit or move that changed an object's id, for a number reserved before, and for what was persisted.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The root's number, 0, or more than 63 bits.</exception>
    public void Bind(string id, ulong ino)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ino, Root);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ino, Mask);
        var key = ObjectId.Parse(id);
        ulong natural = Natural(key);
        lock (_lock)
        {
            if (TryFind(natural, key, out ulong before))
                Free(before);
            Free(ino);
            _taken.TryAdd(ino, MarkOf(key));
            if (ino != natural)
                Move(key, ino);
        }
    }

    /// <summary>The object is gone: its number is free.</summary>
    public void Release(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        var key = ObjectId.Parse(id);
        lock (_lock)
        {
            if (TryFind(Natural(key), key, out ulong ino))
                Free(ino);
        }
    }

    /// <summary>Gives back a reserved number that no id was bound to.</summary>
    public void Release(ulong ino)
    {
        lock (_lock)
        {
            if (ino != Root && _taken.TryGet(ino, out uint holder) && holder == Nobody)
                _taken.Remove(ino);
        }
    }

    private bool TryFind(ulong natural, ObjectId key, out ulong ino)
    {
        if (_moved.TryGetValue(key, out ino))
            return true;
        ino = natural;
        // A number that another id moved to is not this one's, whatever the mark says.
        return !_movedTo.ContainsKey(ino) && _taken.TryGet(ino, out uint holder) && holder == MarkOf(key);
    }

    private void Move(ObjectId key, ulong ino)
    {
        _moved.Add(key, ino);
        _movedTo.Add(ino, key);
    }

    private void Free(ulong ino)
    {
        _taken.Remove(ino);
        if (_movedTo.Remove(ino, out ObjectId holder))
            _moved.Remove(holder);
    }

    private static uint MarkOf(ObjectId key) => Math.Max(Nobody + 1, key.Hash());

    private ulong Natural(ObjectId id)
    {
        int length = id.Utf8Length;
        Span<byte> utf8 = length <= StackBytes ? stackalloc byte[StackBytes] : new byte[length];
        id.WriteUtf8(utf8);
        return Math.Max(_hash(utf8[..length]) & Mask, Root + 1);
    }

    private static ulong Next(ulong ino) => ino == Mask ? Root + 1 : ino + 1;
}
