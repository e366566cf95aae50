using System.Text;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Names;

/// <summary>The reversible mapping between local names and names that Windows accepts. It lies outside <see cref="NameMap"/>: the library never sees it.</summary>
/// <remarks>
/// What Windows refuses is written as U+F000 + its code, the convention of Cygwin and WinFsp-FUSE: control characters, <c>" * : &lt; &gt; ? \ |</c>, a dot or space
/// at the end, and the last letter of a device name (CON, NUL, COM1 ... with any extension). A literal unit of U+F000..U+F0FF gets U+F0FF in front.
/// Two promises: <c>TryToLocal(ToShown(local)) == local</c>, so no two names become one; and what <see cref="TryToLocal"/> accepts is shown again as it was typed.
/// The shown form never exceeds 255 units, since a local name holds at most 255 bytes. Source: winfsp.md section 9; imagekit-api.md 12.4.
/// </remarks>
public static class WindowsNames
{
    private const int Offset = 0xF000;
    private const char LastMapped = '\uF0FF';

    /// <summary>Says that the next unit stands for itself. As a mapping it would mean U+00FF, which Windows accepts and nobody maps.</summary>
    private const char Literal = LastMapped;

    private const string Refused = "\"*:<>?\\|";

    /// <summary>Documented device names; the superscript digits count as digits.</summary>
    private static readonly HashSet<string> Devices = new(DeviceNames(), StringComparer.OrdinalIgnoreCase);

    /// <summary>The name under which Windows sees a local name.</summary>
    /// <param name="localName">A valid <see cref="EntryName"/>.</param>
    public static string ToShown(string localName)
    {
        ArgumentNullException.ThrowIfNull(localName);
        if (IsPlain(localName))
            return localName;

        var shown = new StringBuilder(localName.Length + 1);
        foreach (char unit in localName)
        {
            if (IsMapped(unit))
                shown.Append(Literal).Append(unit);
            else
                shown.Append(IsRefused(unit) ? Map(unit) : unit);
        }

        if (EndsBadly(localName))
            shown[^1] = Map(shown[^1]);
        if (IsDevice(shown.ToString(), out int lastLetter))
            shown[lastLetter] = Map(shown[lastLetter]);
        return shown.ToString();
    }

    /// <summary>The local name for what Windows asks for.</summary>
    /// <returns>
    /// <see cref="FsError.None"/>; <see cref="FsError.InvalidName"/> when no local name is shown like that (it can be neither found nor created);
    /// <see cref="FsError.NameTooLong"/>.
    /// </returns>
    public static FsError TryToLocal(string shownName, out EntryName local)
    {
        ArgumentNullException.ThrowIfNull(shownName);
        FsError error = EntryName.TryParse(Decode(shownName), out local);
        if (error != FsError.None || ToShown(local.Value) == shownName)
            return error;
        local = default;
        return FsError.InvalidName;
    }

    private static string Decode(string shown)
    {
        if (!shown.AsSpan().ContainsAnyInRange((char)Offset, LastMapped))
            return shown;

        var local = new StringBuilder(shown.Length);
        for (int i = 0; i < shown.Length; i++)
        {
            if (shown[i] == Literal && i + 1 < shown.Length)
                local.Append(shown[++i]);
            else
                local.Append(IsMapped(shown[i]) ? (char)(shown[i] - Offset) : shown[i]);
        }

        return local.ToString();
    }

    private static bool IsPlain(string name)
    {
        foreach (char unit in name)
        {
            if (IsRefused(unit) || IsMapped(unit))
                return false;
        }

        return !EndsBadly(name) && !IsDevice(name, out _);
    }

    private static bool IsRefused(char unit) => unit < ' ' || Refused.Contains(unit);

    private static bool IsMapped(char unit) => unit is >= (char)Offset and <= LastMapped;

    // Win32 strips dots and spaces from the end; once the last one is mapped, those before it are safe.
    private static bool EndsBadly(string name) => name.Length > 0 && name[^1] is '.' or ' ';

    private static char Map(char unit) => (char)(unit + Offset);

    /// <summary>The base name ends at the first dot, spaces before it do not count (RtlIsDosDeviceName).</summary>
    private static bool IsDevice(string name, out int lastLetter)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        ReadOnlySpan<char> baseName = (dot < 0 ? name : name.AsSpan(0, dot)).TrimEnd(' ');
        lastLetter = baseName.Length - 1;
        return Devices.GetAlternateLookup<ReadOnlySpan<char>>().Contains(baseName);
    }

    private static IEnumerable<string> DeviceNames()
    {
        foreach (string name in new[] { "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$" })
            yield return name;
        foreach (char digit in "123456789¹²³")
        {
            yield return "COM" + digit;
            yield return "LPT" + digit;
        }
    }
}
