using System.Text.Json;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// A name that shows the version which a save took the place of: an editor renamed the file aside and wrote a new one under its name. Most are deleted a moment
/// later and cost nothing; one that stays is made a file of its own by one upload.
/// </summary>
internal sealed class BackupOp(long seq, string path, FileInode inode, RemoteVersion version) : PendingOp(seq, path)
{
    public FileInode Inode { get; } = inode;

    public RemoteVersion Version { get; } = version;

    public override string Verb => "backup";

    public override OpRecord ToRecord() => Record(
        OpKind.Hold,
        Inode.Ino,
        Version.FileId,
        JsonSerializer.Serialize(
            new ContentOpData
            {
                LocalName = Inode.Name,
                Hold = HoldReason.Backup,
                Base = Version,
                Mode = Inode.Mode,
                Uid = Inode.Uid,
                Gid = Inode.Gid,
                ModifiedNs = Inode.Modified.UnixNanoseconds,
                BornNs = Inode.Born.UnixNanoseconds,
            },
            OpJson.Default.ContentOpData));
}
