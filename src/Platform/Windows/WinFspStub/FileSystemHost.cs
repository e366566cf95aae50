using System.Collections.Concurrent;
using Fsp.Interop;
using FileInfo = Fsp.Interop.FileInfo;

namespace Fsp;

/// <summary>A mounted file system. Here: one that has no driver, and knows only which mount points are taken.</summary>
public partial class FileSystemHost : IDisposable
{
    private static readonly ConcurrentDictionary<string, FileSystemHost> Taken = new(StringComparer.OrdinalIgnoreCase);

    private readonly FileSystemBase _fileSystem;
    private string _mountPoint;

    public FileSystemHost(FileSystemBase FileSystem) => _fileSystem = FileSystem;

    public ushort SectorSize { get; set; }
    public ushort SectorsPerAllocationUnit { get; set; }
    public ushort MaxComponentLength { get; set; }
    public ulong VolumeCreationTime { get; set; }
    public uint VolumeSerialNumber { get; set; }
    public uint FileInfoTimeout { get; set; }
    public uint VolumeInfoTimeout { get; set; }
    public uint DirInfoTimeout { get; set; }
    public uint SecurityTimeout { get; set; }
    public uint StreamInfoTimeout { get; set; }
    public uint EaTimeout { get; set; }
    public bool CaseSensitiveSearch { get; set; }
    public bool CasePreservedNames { get; set; }
    public bool UnicodeOnDisk { get; set; }
    public bool PersistentAcls { get; set; }
    public bool ReparsePoints { get; set; }
    public bool ReparsePointsAccessCheck { get; set; }
    public bool NamedStreams { get; set; }
    public bool ExtendedAttributes { get; set; }
    public bool PostCleanupWhenModifiedOnly { get; set; }
    public bool PostDispositionWhenNecessaryOnly { get; set; }
    public bool PassQueryDirectoryPattern { get; set; }
    public bool PassQueryDirectoryFileName { get; set; }
    public bool FlushAndPurgeOnCleanup { get; set; }
    public bool DeviceControl { get; set; }
    public bool AllowOpenInKernelMode { get; set; }
    public bool WslFeatures { get; set; }
    public bool RejectIrpPriorToTransact0 { get; set; }
    public bool SupportsPosixUnlinkRename { get; set; }
    public string Prefix { get; set; }
    public string FileSystemName { get; set; }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => Unmount();

    public int Preflight(string MountPoint) => MountPoint is not null && Taken.ContainsKey(MountPoint)
        ? FileSystemBase.STATUS_OBJECT_NAME_COLLISION
        : FileSystemBase.STATUS_SUCCESS;

    public int Mount(string MountPoint, byte[] SecurityDescriptor = null, bool Synchronized = false, uint DebugLog = 0) =>
        MountEx(MountPoint, 0, SecurityDescriptor, Synchronized, DebugLog);

    public int MountEx(string MountPoint, uint ThreadCount, byte[] SecurityDescriptor = null, bool Synchronized = false, uint DebugLog = 0)
    {
        int status = _fileSystem.Init(this);
        if (status < 0)
            return status;
        string wanted = MountPoint ?? "Z:";
        if (!Taken.TryAdd(wanted, this))
            return FileSystemBase.STATUS_OBJECT_NAME_COLLISION;
        _mountPoint = wanted;
        int mounted = _fileSystem.Mounted(this);
        AfterMount();
        return mounted;
    }

    public void Unmount()
    {
        if (Interlocked.Exchange(ref _mountPoint, null) is not { } mountPoint)
            return;
        Taken.TryRemove(mountPoint, out _);
        BeforeUnmount();
        _fileSystem.DispatcherStopped(true);
        _fileSystem.Unmounted(this);
    }

    public string MountPoint() => _mountPoint;

    public IntPtr FileSystemHandle() => IntPtr.Zero;

    public FileSystemBase FileSystem() => _fileSystem;

    public static int SetDebugLogFile(string FileName) => FileSystemBase.STATUS_SUCCESS;

    public static Version Version()
    {
        BeforeNative();
        return new(2, 0);
    }

    public ulong GetOperationRequestHint()
    {
        ulong hint = 0;
        Hint(ref hint);
        return hint;
    }

    public void SendReadResponse(ulong RequestHint, int Status, uint BytesTransferred) => Replied(RequestHint, Status, BytesTransferred);

    public void SendWriteResponse(ulong RequestHint, int Status, uint BytesTransferred, ref FileInfo FileInfo) => Replied(RequestHint, Status, BytesTransferred);

    public void SendReadDirectoryResponse(ulong RequestHint, int Status, uint BytesTransferred) => Replied(RequestHint, Status, BytesTransferred);

    public int NotifyBegin(uint Timeout) => FileSystemBase.STATUS_SUCCESS;

    public int Notify(NotifyInfo[] NotifyInfoArray) => FileSystemBase.STATUS_SUCCESS;

    public int NotifyEnd() => FileSystemBase.STATUS_SUCCESS;

    // Nothing, unless these sources are compiled with a driver to stand in for WinFsp's: tests do, to run the program that is shipped.
    static partial void BeforeNative();

    partial void AfterMount();

    partial void BeforeUnmount();

    partial void Hint(ref ulong hint);

    partial void Replied(ulong hint, int status, uint bytes);

    /// <summary>For tests: the driver goes away without being asked.</summary>
    internal void LoseDriver() => _fileSystem.DispatcherStopped(false);
}
