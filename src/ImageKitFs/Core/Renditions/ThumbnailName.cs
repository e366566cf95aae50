using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ImageKitFs.Core.Renditions;

/// <summary>File names of thumbnails: the MD5 of a URI in hexadecimal, and ".png".</summary>
internal static class ThumbnailName
{
    /// <summary>The folder of a shared repository, in the folder of the files.</summary>
    public const string SharedFolder = ".sh_thumbnails";

    private const string Extension = ".png";
    private const int HexDigits = 32;

    public static UInt128 HashOf(string uri)
    {
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
#pragma warning disable CA5351 // The standard names files by it; nothing is protected.
        MD5.HashData(Encoding.UTF8.GetBytes(uri), hash);
#pragma warning restore CA5351
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    public static string Of(string uri) => HashOf(uri).ToString("x32", CultureInfo.InvariantCulture) + Extension;

    public static bool TryParse(string name, out UInt128 hash)
    {
        hash = default;
        return name.Length == HexDigits + Extension.Length
            && name.EndsWith(Extension, StringComparison.Ordinal)
            && UInt128.TryParse(name.AsSpan(0, HexDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out hash);
    }

    /// <summary>
    /// What programs hash for a file in a shared repository: the name as in a URI (the standard up to 0.8; tumbler 4.18), the same behind "./"
    /// (the standard since), and the bare name (some programs that take "filename" literally).
    /// </summary>
    public static IEnumerable<string> SharedUrisOf(string name)
    {
        string escaped = FileUri.Escape(name);
        yield return escaped;
        yield return "./" + escaped;
        if (escaped != name)
            yield return name;
    }
}
