using System.Runtime.CompilerServices;
using Fsp;
using Fsp.Interop;

namespace ImageKitFs.Platform.Windows;

/// <summary>The true host behind <see cref="IHostPort"/>.</summary>
internal sealed class FspHost(FileSystemHost host) : IHostPort
{
    /// <summary>Milliseconds that a notification waits for running renames to end; then it is tried again.</summary>
    private const uint NotifyPatience = 500;

    public ulong RequestHint() => host.GetOperationRequestHint();

    public void ReadDone(ulong hint, int status, uint bytes) => host.SendReadResponse(hint, status, bytes);

    public void WriteDone(ulong hint, int status, uint bytes, in FileInfoFields info)
    {
        Fsp.Interop.FileInfo wire = Unsafe.BitCast<FileInfoFields, Fsp.Interop.FileInfo>(info);
        host.SendWriteResponse(hint, status, bytes, ref wire);
    }

    public void DirectoryDone(ulong hint, int status, uint bytes) => host.SendReadDirectoryResponse(hint, status, bytes);

    public int Notify(IReadOnlyList<NameChange> changes)
    {
        int status = host.NotifyBegin(NotifyPatience);
        if (status < 0)
            return status;
        try
        {
            return host.Notify([.. changes.Select(ToWire)]);
        }
        finally
        {
            _ = host.NotifyEnd();
        }
    }

    private static NotifyInfo ToWire(NameChange change) => new()
    {
        FileName = change.Path,
        Action = change.Kind switch
        {
            NameChangeKind.Added => NotifyAction.Added,
            NameChangeKind.Removed => NotifyAction.Removed,
            NameChangeKind.Modified => NotifyAction.Modified,
        },
        Filter = change.Kind == NameChangeKind.Modified
            ? NotifyFilter.ChangeSize | NotifyFilter.ChangeLastWrite
            : change.IsFolder ? NotifyFilter.ChangeDirName : NotifyFilter.ChangeFileName,
    };
}
