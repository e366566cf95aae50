using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Linux.Protocol;

/// <summary>Takes a request's body apart, front to back. A ref struct: it cannot outlive the reader's buffer.</summary>
internal ref struct RequestReader
{
    private ReadOnlyMemory<byte> _rest;

    internal RequestReader(ReadOnlyMemory<byte> body) => _rest = body;

    /// <summary>What was not read yet. The buffer behind it is reused when the handler returns.</summary>
    internal readonly ReadOnlyMemory<byte> Rest => _rest;

    /// <summary>Reads the fixed part; the dispatch table has checked that it is there.</summary>
    internal T Read<T>()
        where T : unmanaged
    {
        T value = MemoryMarshal.Read<T>(_rest.Span);
        _rest = _rest[Unsafe.SizeOf<T>()..];
        return value;
    }

    /// <summary>Reads a NUL-terminated file name.</summary>
    /// <returns><see cref="FsError.InvalidArgument"/> without a terminator, else what <see cref="EntryName"/> says of the bytes.</returns>
    internal FsError TryReadName(out EntryName name)
    {
        if (TryReadBytes(out ReadOnlySpan<byte> bytes))
            return EntryName.TryParse(bytes, out name);
        name = default;
        return FsError.InvalidArgument;
    }

    /// <summary>Reads a NUL-terminated string of UTF-8.</summary>
    internal bool TryReadText(out string text)
    {
        text = string.Empty;
        if (!TryReadBytes(out ReadOnlySpan<byte> bytes) || bytes.IsEmpty || !Utf8.IsValid(bytes))
            return false;
        text = Encoding.UTF8.GetString(bytes);
        return true;
    }

    private bool TryReadBytes(out ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> rest = _rest.Span;
        int end = rest.IndexOf((byte)0);
        bytes = end < 0 ? default : rest[..end];
        if (end < 0)
            return false;
        _rest = _rest[(end + 1)..];
        return true;
    }
}
