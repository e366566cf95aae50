using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using Fsp;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests.Support;

/// <summary>Stands for WinFsp's driver: turns what programs ask of Windows into its sequences of callbacks, and refuses what it refuses.</summary>
/// <remarks>
/// Keeps share modes, delete-pending and open file objects by name. A sharing violation is found after Open, and then Close comes without Cleanup.
/// Source: winfsp.md section 4.
/// </remarks>
internal sealed class FakeFsd(WinFspVolume volume) : IHostPort
{
    /// <summary>A reply that never comes ends the test, not the machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int NameNotFound = NtStatus.STATUS_OBJECT_NAME_NOT_FOUND;

    private readonly FileSystemBase _volume = volume;
    private readonly List<FakeHandle> _open = [];
    private readonly HashSet<string> _deletePending = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<(int Status, uint Bytes)>> _replies = new();
    private readonly Channel<NameChange> _told = Channel.CreateUnbounded<NameChange>();
    private ulong _lastHint;
    private ulong _hint;

    /// <summary>The callbacks so far, by name.</summary>
    internal List<string> Calls { get; } = [];

    /// <summary>How many requests were answered later.</summary>
    internal int Pended { get; private set; }

    /// <summary>So often a rename is running when we notify.</summary>
    internal int BusyNotifies { get; set; }

    /// <summary>The next thing that programs that watch folders are told.</summary>
    internal async Task<NameChange> ToldAsync() => await _told.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public ulong RequestHint() => _hint;

    public void ReadDone(ulong hint, int status, uint bytes) => Done(hint, status, bytes);

    public void WriteDone(ulong hint, int status, uint bytes, in FileInfoFields info) => Done(hint, status, bytes);

    public void DirectoryDone(ulong hint, int status, uint bytes) => Done(hint, status, bytes);

    public int Notify(IReadOnlyList<NameChange> changes)
    {
        if (BusyNotifies-- > 0)
            return NtStatus.STATUS_CANT_WAIT;
        foreach (NameChange change in changes)
            _told.Writer.TryWrite(change);
        return NtStatus.STATUS_SUCCESS;
    }

    /// <summary>CreateFile.</summary>
    internal (int Status, FakeHandle? Handle) Create(
        string path, Disposition disposition, Access access, Share share = Share.All, bool isDirectory = false, bool deleteOnClose = false, uint attributes = 0x80)
    {
        if (_deletePending.Contains(path))
            return (NtStatus.STATUS_DELETE_PENDING, null);
        bool mustExist = disposition is Disposition.OpenExisting or Disposition.TruncateExisting;
        if (disposition != Disposition.CreateNew)
        {
            (int found, FakeHandle? handle) = OpenFound(path, disposition, access, share, isDirectory, deleteOnClose, attributes);
            if (mustExist || found != NameNotFound)
                return (found, handle);
        }

        byte[]? descriptor = [];
        Calls.Add("GetSecurityByName");
        int status = _volume.GetSecurityByName(ParentOf(path), out _, ref descriptor);
        if (status < 0)
            return (status == NameNotFound ? NtStatus.STATUS_OBJECT_PATH_NOT_FOUND : status, null);
        Calls.Add("Create");
        uint options = isDirectory ? FileSystemBase.FILE_DIRECTORY_FILE : FileSystemBase.FILE_NON_DIRECTORY_FILE;
        status = _volume.CreateEx(
            path, options, (uint)access, attributes, [], 0, IntPtr.Zero, 0, false, out object? node, out object? desc, out Fsp.Interop.FileInfo info, out string? normalized);
        if (status < 0)
            return (status, null);
        return (status, Track(new FakeHandle(Normalized(path, normalized), access, share, node, desc)
        {
            DeleteOnClose = deleteOnClose,
            IsDirectory = isDirectory,
            Info = FromWire(info),
        }));
    }

    /// <summary>The same, for what must work.</summary>
    internal FakeHandle Open(string path, Disposition disposition, Access access, Share share = Share.All, bool isDirectory = false, uint attributes = 0x80)
    {
        (int status, FakeHandle? handle) = Create(path, disposition, access, share, isDirectory, attributes: attributes);
        return handle ?? throw new StatusException($"{disposition} {path}", status);
    }

    internal (int Status, byte[] Bytes) Read(FakeHandle handle, ulong offset, int length) => BeginRead(handle, offset, length).GetAwaiter().GetResult();

    /// <summary>Overlapped ReadFile: the driver's thread is free again at once, the reply comes when it comes.</summary>
    internal async Task<(int Status, byte[] Bytes)> BeginRead(FakeHandle handle, ulong offset, int length)
    {
        using Buffer buffer = new(length);
        Calls.Add("Read");
        (int status, uint bytes) = await AnsweredAsync(() => (_volume.Read(handle.Node, handle.Descriptor, buffer.Address, offset, (uint)length, out uint now), now));
        return (status, buffer.Take((int)bytes));
    }

    /// <summary>ReadFile until the end.</summary>
    internal byte[] ReadAll(FakeHandle handle, int step = 1 << 20)
    {
        MemoryStream all = new();
        while (true)
        {
            (int status, byte[] bytes) = Read(handle, (ulong)all.Length, step);
            if (status == NtStatus.STATUS_END_OF_FILE)
                return all.ToArray();
            Require("read", status);
            all.Write(bytes);
        }
    }

    /// <summary>WriteFile; a null offset appends.</summary>
    internal (int Status, uint Bytes) TryWrite(FakeHandle handle, ulong? offset, byte[] bytes, bool isPaging = false)
    {
        using Buffer buffer = new(bytes.Length);
        buffer.Fill(bytes);
        Calls.Add("Write");
        Fsp.Interop.FileInfo info = default;
        (int Status, uint Bytes) reply = Answered(() => (_volume.Write(
            handle.Node, handle.Descriptor, buffer.Address, offset ?? ulong.MaxValue, (uint)bytes.Length, offset is null, isPaging, out uint now, out info), now));
        handle.HasWritten |= reply.Status >= 0;
        handle.Info = FromWire(info);
        return reply;
    }

    internal void Write(FakeHandle handle, ulong? offset, byte[] bytes)
    {
        (int status, uint written) = TryWrite(handle, offset, bytes);
        Require("write", status);
        Assert.Equal((uint)bytes.Length, written);
    }

    internal int Flush(FakeHandle handle)
    {
        Calls.Add("Flush");
        return _volume.Flush(handle.Node, handle.Descriptor, out _);
    }

    internal int SetSize(FakeHandle handle, ulong size, bool isAllocation = false)
    {
        Calls.Add(isAllocation ? "SetAllocationSize" : "SetFileSize");
        int status = _volume.SetFileSize(handle.Node, handle.Descriptor, size, isAllocation, out Fsp.Interop.FileInfo info);
        handle.Info = FromWire(info);
        return status;
    }

    internal int SetBasicInfo(FakeHandle handle, uint attributes = uint.MaxValue, ulong created = 0, ulong accessed = 0, ulong written = 0)
    {
        Calls.Add("SetBasicInfo");
        handle.HasSetTime |= written != 0;
        int status = _volume.SetBasicInfo(handle.Node, handle.Descriptor, attributes, created, accessed, written, 0, out Fsp.Interop.FileInfo info);
        handle.Info = FromWire(info);
        return status;
    }

    internal FileInfoFields GetInfo(FakeHandle handle)
    {
        Require("info", _volume.GetFileInfo(handle.Node, handle.Descriptor, out Fsp.Interop.FileInfo info));
        return FromWire(info);
    }

    /// <summary>SetFileInformationByHandle(FileDispositionInfo).</summary>
    internal int SetDelete(FakeHandle handle, bool delete = true)
    {
        FileInfoFields info = GetInfo(handle);
        if (delete && (info.FileAttributes & FileAttributeBits.ReadOnly) != 0)
            return NtStatus.STATUS_CANNOT_DELETE;
        Calls.Add("SetDelete");
        int status = _volume.SetDelete(handle.Node, handle.Descriptor, handle.Path, delete);
        if (status < 0)
            return status;
        _ = delete ? _deletePending.Add(handle.Path) : _deletePending.Remove(handle.Path);
        return status;
    }

    /// <summary>SetFileInformationByHandle(FileRenameInfo).</summary>
    internal int Rename(FakeHandle handle, string newPath, bool replace)
    {
        if (_open.Exists(other => other != handle && other.Path.Equals(newPath, StringComparison.OrdinalIgnoreCase)))
            return NtStatus.STATUS_ACCESS_DENIED;
        if (_open.Exists(other => other != handle && other.Path.StartsWith(handle.Path + '\\', StringComparison.OrdinalIgnoreCase)))
            return NtStatus.STATUS_ACCESS_DENIED;
        Calls.Add("Rename");
        string oldPath = handle.Path;
        int status = _volume.Rename(handle.Node, handle.Descriptor, oldPath, newPath, replace);
        if (status >= 0)
        {
            foreach (FakeHandle same in _open.Where(other => other.Path.Equals(oldPath, StringComparison.OrdinalIgnoreCase)))
                same.Path = newPath;
        }

        return status;
    }

    /// <summary>CloseHandle: Cleanup, and Close at once, as FlushAndPurgeOnCleanup makes it.</summary>
    internal void Close(FakeHandle handle)
    {
        Cleanup(handle);
        Finish(handle);
    }

    /// <summary>The first half: the handle is gone; a mapped view may still write.</summary>
    internal void Cleanup(FakeHandle handle)
    {
        _open.Remove(handle);
        if (handle.DeleteOnClose)
            _deletePending.Add(handle.Path);
        bool isLast = !_open.Exists(other => other.Path.Equals(handle.Path, StringComparison.OrdinalIgnoreCase));
        bool delete = isLast && _deletePending.Remove(handle.Path);
        uint flags = delete ? FileSystemBase.CleanupDelete : 0;
        if (!delete && handle.HasWritten)
        {
            flags |= FileSystemBase.CleanupSetArchiveBit | FileSystemBase.CleanupSetChangeTime;
            flags |= handle.HasSetTime ? 0 : FileSystemBase.CleanupSetLastWriteTime;
        }

        Calls.Add(delete ? "Cleanup(delete)" : "Cleanup");
        _volume.Cleanup(handle.Node, handle.Descriptor, delete ? handle.Path : null, flags);
    }

    /// <summary>The second half.</summary>
    internal void Finish(FakeHandle handle)
    {
        Calls.Add("Close");
        _volume.Close(handle.Node, handle.Descriptor);
    }

    /// <summary>FindFirstFile with a pattern, FindNextFile until the end.</summary>
    internal List<ListedName> List(string path, int bufferBytes = 64 << 10, Action<string>? afterPage = null)
    {
        FakeHandle handle = Open(path, Disposition.OpenExisting, Access.Read, isDirectory: true);
        List<ListedName> names = [];
        using Buffer buffer = new(bufferBytes);
        string? marker = null;
        while (true)
        {
            Calls.Add("ReadDirectory");
            (int status, uint bytes) = Answered(() =>
                (_volume.ReadDirectory(handle.Node, handle.Descriptor, null, marker, buffer.Address, (uint)bufferBytes, out uint now), now));
            Require("list", status);
            int before = names.Count;
            bool isEnd = Decode(buffer.Take((int)bytes), names);
            if (isEnd || names.Count == before)
                break;
            marker = names[^1].Name;
            afterPage?.Invoke(marker);
        }

        Close(handle);
        return names;
    }

    /// <summary>FindFirstFile with one exact name.</summary>
    internal (int Status, string? Name, FileInfoFields Info) Find(string folder, string name)
    {
        FakeHandle handle = Open(folder, Disposition.OpenExisting, Access.Read, isDirectory: true);
        Calls.Add("GetDirInfoByName");
        int status = _volume.GetDirInfoByName(handle.Node, handle.Descriptor, name, out string? found, out Fsp.Interop.FileInfo info);
        Close(handle);
        return (status, found, FromWire(info));
    }

    internal static void Require(string what, int status)
    {
        if (status < 0)
            throw new StatusException(what, status);
    }

    private (int Status, FakeHandle? Handle) OpenFound(
        string path, Disposition disposition, Access access, Share share, bool isDirectory, bool deleteOnClose, uint attributes)
    {
        byte[]? descriptor = [];
        Calls.Add("GetSecurityByName");
        int status = _volume.GetSecurityByName(path, out uint present, ref descriptor);
        if (status < 0)
            return (status, null);
        bool writes = (access & (Access.WriteData | Access.AppendData)) != Access.None || disposition is Disposition.CreateAlways or Disposition.TruncateExisting;
        if ((present & FileAttributeBits.ReadOnly) != 0 && writes)
            return (NtStatus.STATUS_ACCESS_DENIED, null);
        Calls.Add("Open");
        uint options = isDirectory ? FileSystemBase.FILE_DIRECTORY_FILE : 0;
        status = _volume.Open(path, options, (uint)access, out object? node, out object? desc, out Fsp.Interop.FileInfo info, out string? normalized);
        if (status < 0)
            return (status, null);
        FakeHandle handle = new(Normalized(path, normalized), access, share, node, desc)
        {
            DeleteOnClose = deleteOnClose,
            IsDirectory = isDirectory,
            Info = FromWire(info),
        };
        if (_open.Exists(other => Collide(other, handle)))
            return Refuse(handle, NtStatus.STATUS_SHARING_VIOLATION);
        if (disposition is Disposition.CreateAlways or Disposition.TruncateExisting)
        {
            Calls.Add("Overwrite");
            status = _volume.OverwriteEx(node, desc, attributes, disposition == Disposition.CreateAlways, 0, IntPtr.Zero, 0, out info);
            if (status < 0)
                return Refuse(handle, status);
            handle.Info = FromWire(info);
        }

        return (NtStatus.STATUS_SUCCESS, Track(handle));
    }

    // Close without Cleanup: what the driver does when it refuses after our Open.
    private (int Status, FakeHandle? Handle) Refuse(FakeHandle handle, int status)
    {
        Finish(handle);
        return (status, null);
    }

    private static bool Collide(FakeHandle one, FakeHandle other) =>
        one.Path.Equals(other.Path, StringComparison.OrdinalIgnoreCase) && (Denies(one, other) || Denies(other, one));

    private static bool Denies(FakeHandle holder, FakeHandle asking) =>
        ((asking.Access & Access.ReadData) != Access.None && !holder.Share.HasFlag(Share.Read) && HasData(holder))
        || ((asking.Access & (Access.WriteData | Access.AppendData)) != Access.None && !holder.Share.HasFlag(Share.Write) && HasData(holder))
        || ((asking.Access & Access.Delete) != Access.None && !holder.Share.HasFlag(Share.Delete) && HasData(holder));

    private static bool HasData(FakeHandle handle) => (handle.Access & (Access.ReadData | Access.WriteData | Access.AppendData | Access.Delete)) != Access.None;

    private FakeHandle Track(FakeHandle handle)
    {
        _open.Add(handle);
        return handle;
    }

    // The driver accepts a normalized name that differs in case and in nothing else.
    private static string Normalized(string asked, string? normalized)
    {
        Assert.NotNull(normalized);
        Assert.Equal(asked, normalized, ignoreCase: true);
        return normalized;
    }

    private (int Status, uint Bytes) Answered(Func<(int Status, uint Bytes)> call) => AnsweredAsync(call).GetAwaiter().GetResult();

    private Task<(int Status, uint Bytes)> AnsweredAsync(Func<(int Status, uint Bytes)> call)
    {
        ulong hint = ++_lastHint;
        TaskCompletionSource<(int Status, uint Bytes)> late = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _replies[hint] = late;
        _hint = hint;
        (int Status, uint Bytes) now = call();
        if (now.Status == NtStatus.STATUS_PENDING)
        {
            Pended++;
            return late.Task.WaitAsync(Patience);
        }

        _replies.TryRemove(hint, out _);
        return Task.FromResult(now);
    }

    private void Done(ulong hint, int status, uint bytes)
    {
        Assert.NotEqual(NtStatus.STATUS_PENDING, status);
        if (!_replies.TryRemove(hint, out TaskCompletionSource<(int, uint)>? late) || !late.TrySetResult((status, bytes)))
            throw new InvalidOperationException($"Request {hint} was answered twice.");
    }

    private static bool Decode(byte[] buffer, List<ListedName> names)
    {
        int at = 0;
        while (at + DirectoryBuffer.EndBytes <= buffer.Length)
        {
            int size = BitConverter.ToUInt16(buffer, at);
            if (size == 0)
                return true;
            FileInfoFields info = MemoryMarshal.Read<FileInfoFields>(buffer.AsSpan(at + DirectoryBuffer.InfoAt));
            names.Add(new ListedName(Encoding.Unicode.GetString(buffer, at + DirectoryBuffer.NameAt, size - DirectoryBuffer.NameAt), info));
            at += (size + DirectoryBuffer.Alignment - 1) & ~(DirectoryBuffer.Alignment - 1);
        }

        return false;
    }

    private static string ParentOf(string path) => path.LastIndexOf('\\') is var slash and > 0 ? path[..slash] : "\\";

    private static FileInfoFields FromWire(Fsp.Interop.FileInfo info) => Unsafe.BitCast<Fsp.Interop.FileInfo, FileInfoFields>(info);

    /// <summary>Native memory, as the driver's buffers are.</summary>
    private sealed class Buffer(int length) : IDisposable
    {
        internal IntPtr Address { get; } = Marshal.AllocHGlobal(Math.Max(length, 1));

        public void Dispose() => Marshal.FreeHGlobal(Address);

        internal void Fill(byte[] bytes) => Marshal.Copy(bytes, 0, Address, bytes.Length);

        internal byte[] Take(int count)
        {
            byte[] bytes = new byte[count];
            Marshal.Copy(Address, bytes, 0, count);
            return bytes;
        }
    }
}
