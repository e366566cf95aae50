using System.Text;

namespace ImageKitFs.Core.Renditions;

/// <summary>Paths as the URIs that desktops hash: percent-encoded as GLib does it, since one character encoded otherwise is another thumbnail.</summary>
internal static class FileUri
{
    private const string Kept = "!$&'()*+,-./:=@_~";

    /// <summary>file:// and the encoded path.</summary>
    public static string Of(string absolutePath) => "file://" + Escape(absolutePath);

    /// <summary>A path or a name: ASCII letters, digits and <c>!$&amp;'()*+,-./:=@_~</c> stay, all other bytes of its UTF-8 become %XX.</summary>
    public static string Escape(string path)
    {
        StringBuilder escaped = new(path.Length);
        foreach (byte value in Encoding.UTF8.GetBytes(path))
        {
            if (char.IsAsciiLetterOrDigit((char)value) || Kept.Contains((char)value, StringComparison.Ordinal))
                escaped.Append((char)value);
            else
                escaped.Append('%').Append(value.ToString("X2"));
        }

        return escaped.ToString();
    }
}
