using System.Globalization;
using System.Text;
using ImageKitFs.Platform.Linux.Interop;

namespace ImageKitFs.Platform.Linux;

/// <summary>What is mounted on a folder.</summary>
public enum MountPointState
{
    /// <summary>No mount of ours.</summary>
    NotMounted,

    /// <summary>A mount of ours whose process answers, or belongs to another user.</summary>
    Alive,

    /// <summary>A mount of ours whose process is gone (ENOTCONN).</summary>
    Stale,
}

/// <summary>One line of /proc/self/mountinfo.</summary>
/// <param name="Device">Device number, "major:minor".</param>
/// <param name="MountPoint">The folder.</param>
/// <param name="FileSystemType">Type with subtype, such as fuse.imagekitfs.</param>
/// <param name="Source">What the mount names as its device.</param>
public sealed record MountInfo(string Device, string MountPoint, string FileSystemType, string Source);

/// <summary>What the kernel says is mounted in this process's namespace.</summary>
public static class MountTable
{
    /// <summary>The type of our mounts: "fuse" and the subtype.</summary>
    public const string FileSystemType = "fuse.imagekitfs";

    private const string Path = "/proc/self/mountinfo";

    // mountinfo: id parent major:minor root mountpoint options [optional...] - type source superoptions
    private const int DeviceField = 2;
    private const int MountPointField = 4;
    private const int FirstOptionalField = 6;
    private const int OctalDigits = 3;

    /// <summary>A mount may hang when its process hangs: after this long it counts as alive.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>All mounts of ours, oldest first.</summary>
    public static IReadOnlyList<MountInfo> List() => [.. ReadAll().Where(static mount => mount.FileSystemType == FileSystemType)];

    /// <summary>What a folder is, without touching anything below it.</summary>
    public static async Task<MountPointState> StateOfAsync(string path, CancellationToken ct = default)
    {
        string mountPoint = Canonical(path);
        if (Find(mountPoint)?.FileSystemType != FileSystemType)
            return MountPointState.NotMounted;
        Task<int> asked = Task.Run(() => Libc.StatFs(mountPoint) == 0 ? 0 : Libc.LastError, CancellationToken.None);
        try
        {
            return await asked.WaitAsync(AnswerTimeout, ct) == Errno.ENOTCONN ? MountPointState.Stale : MountPointState.Alive;
        }
        catch (TimeoutException)
        {
            return MountPointState.Alive;
        }
    }

    /// <summary>The absolute path without links, as mountinfo has it. Also works for a dead mount, which cannot be resolved itself.</summary>
    internal static string Canonical(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (Find(full) is not null)
            return full;
        if (Libc.RealPath(full) is { } resolved)
            return resolved;
        return System.IO.Path.GetDirectoryName(full) is { } parent && Libc.RealPath(parent) is { } resolvedParent
            ? System.IO.Path.Combine(resolvedParent, System.IO.Path.GetFileName(full))
            : full;
    }

    /// <summary>The topmost mount on exactly this folder.</summary>
    internal static MountInfo? Find(string canonicalPath) => ReadAll().LastOrDefault(mount => mount.MountPoint == canonicalPath);

    /// <summary>Reads one line; null when it is not one.</summary>
    internal static MountInfo? Parse(string line)
    {
        string[] fields = line.Split(' ');
        int separator = fields.Length > FirstOptionalField ? Array.IndexOf(fields, "-", FirstOptionalField) : -1;
        return separator > 0 && fields.Length > separator + 2
            ? new MountInfo(fields[DeviceField], Unescape(fields[MountPointField]), Unescape(fields[separator + 1]), Unescape(fields[separator + 2]))
            : null;
    }

    private static IEnumerable<MountInfo> ReadAll() => File.ReadLines(Path).Select(Parse).OfType<MountInfo>();

    // Space, tab, newline and backslash are written as a backslash and three octal digits; other bytes are plain UTF-8.
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
            return field;
        StringBuilder text = new(field.Length);
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + OctalDigits < field.Length && TryOctal(field.AsSpan(i + 1, OctalDigits), out char value))
            {
                text.Append(value);
                i += OctalDigits;
            }
            else
            {
                text.Append(field[i]);
            }
        }

        return text.ToString();
    }

    private static bool TryOctal(ReadOnlySpan<char> digits, out char value)
    {
        value = '\0';
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7')
                return false;
            value = (char)((value * 8) + CharUnicodeInfo.GetDecimalDigitValue(digit));
        }

        return true;
    }
}
