using System.Security.AccessControl;
using Fsp.Interop;
using FileInfo = Fsp.Interop.FileInfo;

namespace Fsp;

/// <summary>
/// The calls of a file system, each with the signature that the true binding has: an override whose signature differs would compile and never be called.
/// The bodies do what the binding's own do as far as tests need them without a driver.
/// </summary>
public partial class FileSystemBase
{
    public virtual int ExceptionHandler(Exception ex) => STATUS_UNEXPECTED_IO_ERROR;

    public virtual int Init(object Host) => STATUS_SUCCESS;

    public virtual int Mounted(object Host) => STATUS_SUCCESS;

    public virtual void Unmounted(object Host)
    {
    }

    public virtual void DispatcherStopped(bool Normally)
    {
    }

    public virtual int GetVolumeInfo(out VolumeInfo VolumeInfo)
    {
        VolumeInfo = default;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int SetVolumeLabel(string VolumeLabel, out VolumeInfo VolumeInfo)
    {
        VolumeInfo = default;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int GetSecurityByName(string FileName, out uint FileAttributes, ref byte[] SecurityDescriptor)
    {
        FileAttributes = 0;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int Create(
        string FileName, uint CreateOptions, uint GrantedAccess, uint FileAttributes, byte[] SecurityDescriptor, ulong AllocationSize,
        out object FileNode, out object FileDesc, out FileInfo FileInfo, out string NormalizedName)
    {
        FileNode = FileDesc = null;
        FileInfo = default;
        NormalizedName = null;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int CreateEx(
        string FileName, uint CreateOptions, uint GrantedAccess, uint FileAttributes, byte[] SecurityDescriptor, ulong AllocationSize,
        IntPtr ExtraBuffer, uint ExtraLength, bool ExtraBufferIsReparsePoint,
        out object FileNode, out object FileDesc, out FileInfo FileInfo, out string NormalizedName) =>
        Create(FileName, CreateOptions, GrantedAccess, FileAttributes, SecurityDescriptor, AllocationSize, out FileNode, out FileDesc, out FileInfo, out NormalizedName);

    public virtual int Open(
        string FileName, uint CreateOptions, uint GrantedAccess, out object FileNode, out object FileDesc, out FileInfo FileInfo, out string NormalizedName)
    {
        FileNode = FileDesc = null;
        FileInfo = default;
        NormalizedName = null;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int Overwrite(object FileNode, object FileDesc, uint FileAttributes, bool ReplaceFileAttributes, ulong AllocationSize, out FileInfo FileInfo)
    {
        FileInfo = default;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int OverwriteEx(
        object FileNode, object FileDesc, uint FileAttributes, bool ReplaceFileAttributes, ulong AllocationSize, IntPtr Ea, uint EaLength, out FileInfo FileInfo) =>
        Overwrite(FileNode, FileDesc, FileAttributes, ReplaceFileAttributes, AllocationSize, out FileInfo);

    public virtual void Cleanup(object FileNode, object FileDesc, string FileName, uint Flags)
    {
    }

    public virtual void Close(object FileNode, object FileDesc)
    {
    }

    public virtual int Read(object FileNode, object FileDesc, IntPtr Buffer, ulong Offset, uint Length, out uint BytesTransferred)
    {
        BytesTransferred = 0;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int Write(
        object FileNode, object FileDesc, IntPtr Buffer, ulong Offset, uint Length, bool WriteToEndOfFile, bool ConstrainedIo,
        out uint BytesTransferred, out FileInfo FileInfo)
    {
        BytesTransferred = 0;
        FileInfo = default;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int Flush(object FileNode, object FileDesc, out FileInfo FileInfo)
    {
        FileInfo = default;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int GetFileInfo(object FileNode, object FileDesc, out FileInfo FileInfo)
    {
        FileInfo = default;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int SetBasicInfo(
        object FileNode, object FileDesc, uint FileAttributes, ulong CreationTime, ulong LastAccessTime, ulong LastWriteTime, ulong ChangeTime, out FileInfo FileInfo)
    {
        FileInfo = default;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int SetFileSize(object FileNode, object FileDesc, ulong NewSize, bool SetAllocationSize, out FileInfo FileInfo)
    {
        FileInfo = default;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int CanDelete(object FileNode, object FileDesc, string FileName) => STATUS_INVALID_DEVICE_REQUEST;

    public virtual int SetDelete(object FileNode, object FileDesc, string FileName, bool DeleteFile) =>
        DeleteFile ? CanDelete(FileNode, FileDesc, FileName) : STATUS_SUCCESS;

    public virtual int Rename(object FileNode, object FileDesc, string FileName, string NewFileName, bool ReplaceIfExists) => STATUS_INVALID_DEVICE_REQUEST;

    public virtual int GetSecurity(object FileNode, object FileDesc, ref byte[] SecurityDescriptor) => STATUS_INVALID_DEVICE_REQUEST;

    public virtual int SetSecurity(object FileNode, object FileDesc, AccessControlSections Sections, byte[] SecurityDescriptor) => STATUS_INVALID_DEVICE_REQUEST;

    public virtual int ReadDirectory(
        object FileNode, object FileDesc, string Pattern, string Marker, IntPtr Buffer, uint Length, out uint BytesTransferred) =>
        SeekableReadDirectory(FileNode, FileDesc, Pattern, Marker, Buffer, Length, out BytesTransferred);

    public virtual bool ReadDirectoryEntry(
        object FileNode, object FileDesc, string Pattern, string Marker, ref object Context, out string FileName, out FileInfo FileInfo)
    {
        FileName = null;
        FileInfo = default;
        return false;
    }

    public virtual int GetDirInfoByName(object FileNode, object FileDesc, string FileName, out string NormalizedName, out FileInfo FileInfo)
    {
        NormalizedName = null;
        FileInfo = default;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual int GetStreamInfo(object FileNode, object FileDesc, IntPtr Buffer, uint Length, out uint BytesTransferred)
    {
        BytesTransferred = 0;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public virtual bool GetStreamEntry(
        object FileNode, object FileDesc, ref object Context, out string StreamName, out ulong StreamSize, out ulong StreamAllocationSize)
    {
        StreamName = null;
        StreamSize = StreamAllocationSize = 0;
        return false;
    }

    public virtual int Control(
        object FileNode, object FileDesc, uint ControlCode, IntPtr InputBuffer, uint InputBufferLength, IntPtr OutputBuffer, uint OutputBufferLength,
        out uint BytesTransferred)
    {
        BytesTransferred = 0;
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    public int SeekableReadDirectory(
        object FileNode, object FileDesc, string Pattern, string Marker, IntPtr Buffer, uint Length, out uint BytesTransferred)
    {
        DirectoryBuffer records = new(Buffer, Length);
        object context = null;
        bool isFull = false;
        while (!isFull && ReadDirectoryEntry(FileNode, FileDesc, Pattern, Marker, ref context, out string name, out FileInfo info))
            isFull = !records.TryAdd(name, info);
        if (!isFull)
            records.End();
        BytesTransferred = records.Used;
        return STATUS_SUCCESS;
    }

    public static int NtStatusFromWin32(uint Error) => Error == 0 ? STATUS_SUCCESS : unchecked((int)(0xC0070000 | Error));

    public static uint Win32FromNtStatus(int Status) => unchecked((uint)Status & 0xFFFF);

    public static int GetOperationProcessId() => 0;

    public void StopServiceIfNecessary(bool Normally)
    {
    }

    public static int ModifySecurityDescriptorEx(
        byte[] SecurityDescriptor, AccessControlSections Sections, byte[] ModificationDescriptor, ref byte[] ModifiedDescriptor) => STATUS_INVALID_DEVICE_REQUEST;
}
