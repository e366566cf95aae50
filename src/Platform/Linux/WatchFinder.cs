using System.Globalization;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Interop;

namespace ImageKitFs.Platform.Linux;

/// <summary>Finds out which folders of the mount programs watch. The kernel does not tell a file system; /proc shows each program's watches.</summary>
/// <remarks>Programs of other users are seen by root alone. Looked for only while the mount is used, or watched.</remarks>
internal sealed class WatchFinder : IDisposable
{
    private const string Processes = "/proc";

    /// <summary>Longer than the two names that are looked for.</summary>
    private const int LinkBytes = 64;

    private const int MajorShift = 20; // as the kernel keeps a device number in memory, which is how fdinfo shows it

    private readonly string _device;
    private readonly IFileSystem _fileSystem;
    private readonly Func<long> _served;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private HashSet<ulong> _known = [];
    private long _servedBefore = -1;
    private bool _isDisposed;

    /// <param name="device">Of the mount: "major:minor".</param>
    /// <param name="fileSystem">What is told.</param>
    /// <param name="served">Requests so far.</param>
    /// <param name="clock">Time.</param>
    internal WatchFinder(string device, IFileSystem fileSystem, Func<long> served, TimeProvider clock)
    {
        _device = DeviceText(device);
        _fileSystem = fileSystem;
        _served = served;
        _timer = clock.CreateTimer(static self => ((WatchFinder)self!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal void Start() => Tell(_known);

    public void Dispose()
    {
        lock (_lock)
            _isDisposed = true;
        _timer.Dispose();
    }

    /// <summary>The numbers of a device's files that one line of fdinfo names; null for none.</summary>
    /// <param name="line">`inotify wd:1 ino:2a sdev:3d ...`, or the like of fanotify; numbers in hex.</param>
    /// <param name="device">As <see cref="DeviceText"/> gives it.</param>
    internal static ulong? NumberIn(string line, string device)
    {
        if (!line.StartsWith("inotify wd:", StringComparison.Ordinal) && !line.StartsWith("fanotify ino:", StringComparison.Ordinal))
            return null;
        string? number = null;
        bool isOurs = false;
        foreach (string part in line.Split(' '))
        {
            if (part.StartsWith("ino:", StringComparison.Ordinal))
                number = part["ino:".Length..];
            else if (part.StartsWith("sdev:", StringComparison.Ordinal))
                isOurs = part["sdev:".Length..] == device;
        }

        return isOurs && ulong.TryParse(number, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong parsed) ? parsed : null;
    }

    /// <summary>A device number as fdinfo shows it.</summary>
    /// <param name="device">"major:minor".</param>
    internal static string DeviceText(string device)
    {
        string[] parts = device.Split(':');
        ulong number = (ulong.Parse(parts[0], CultureInfo.InvariantCulture) << MajorShift) | ulong.Parse(parts[1], CultureInfo.InvariantCulture);
        return number.ToString("x", CultureInfo.InvariantCulture);
    }

    private void Look()
    {
        long served = _served();
        if (_known.Count > 0 || served != _servedBefore)
            _known = Collect();
        _servedBefore = served;
        Tell(_known);
    }

    // All of it under the lock: once this is disposed, the file system it tells may be too.
    private void Tell(IReadOnlySet<ulong> folders)
    {
        lock (_lock)
        {
            if (!_isDisposed)
                _timer.Change(_fileSystem.Watch(folders), Timeout.InfiniteTimeSpan);
        }
    }

    private HashSet<ulong> Collect()
    {
        HashSet<ulong> numbers = [];
        Span<byte> link = stackalloc byte[LinkBytes];
        string self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        foreach (string process in Directory.EnumerateDirectories(Processes))
        {
            string id = Path.GetFileName(process);
            if (!char.IsAsciiDigit(id[0]) || id == self)
                continue;
            try
            {
                foreach (string descriptor in Directory.EnumerateFileSystemEntries(process + "/fd"))
                {
                    int length = (int)Libc.ReadLink(descriptor, link, (nuint)link.Length);
                    if (length > 0 && (link[..length].SequenceEqual("anon_inode:inotify"u8) || link[..length].SequenceEqual("anon_inode:[fanotify]"u8)))
                        Read($"{process}/fdinfo/{Path.GetFileName(descriptor)}", numbers);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is not ours to see.
            }
        }

        return numbers;
    }

    private void Read(string info, HashSet<ulong> numbers)
    {
        foreach (string line in File.ReadLines(info))
        {
            if (NumberIn(line, _device) is { } number)
                numbers.Add(number);
        }
    }
}
