using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ImageKitFs.Platform.Windows;

/// <summary>A security identifier in its text form and its bytes. The framework's own type works on Windows only, this one is needed where tests run too.</summary>
internal sealed class Sid
{
    /// <summary>SID_MAX_SUB_AUTHORITIES.</summary>
    private const int MaxSubAuthorities = 15;

    private const int HeaderLength = 8;
    private const ulong MaxAuthority = (1UL << 48) - 1;
    private const byte Revision = 1;

    /// <summary>LocalSystem.</summary>
    internal static readonly Sid LocalSystem = Of("S-1-5-18");

    /// <summary>BUILTIN\Administrators.</summary>
    internal static readonly Sid Administrators = Of("S-1-5-32-544");

    /// <summary>Everyone who logged on with a password or a key.</summary>
    internal static readonly Sid AuthenticatedUsers = Of("S-1-5-11");

    private readonly byte[] _bytes;
    private readonly string _text;

    private Sid(string text, byte[] bytes)
    {
        _text = text;
        _bytes = bytes;
    }

    /// <summary>The binary form.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Reads "S-1-authority-sub-sub-...".</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out Sid? sid)
    {
        sid = null;
        string[] parts = text.Split('-');
        int count = parts.Length - 3;
        if (count is < 1 or > MaxSubAuthorities || parts[0] != "S" || parts[1] != "1" || !TryNumber(parts[2], MaxAuthority, out ulong authority))
            return false;

        byte[] bytes = new byte[HeaderLength + (4 * count)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, authority);
        bytes[0] = Revision;
        bytes[1] = (byte)count;
        for (int i = 0; i < count; i++)
        {
            if (!TryNumber(parts[i + 3], uint.MaxValue, out ulong sub))
                return false;
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(HeaderLength + (4 * i)), (uint)sub);
        }

        sid = new Sid(text, bytes);
        return true;
    }

    /// <summary>A SID known to be good.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    internal static Sid Of(string text) => TryParse(text, out Sid? sid) ? sid : throw new ArgumentException($"'{text}' is not a SID.", nameof(text));

    /// <inheritdoc/>
    public override string ToString() => _text;

    private static bool TryNumber(string text, ulong max, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= max;
}
