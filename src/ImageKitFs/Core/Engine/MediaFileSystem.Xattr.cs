using System.Globalization;
using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

internal sealed partial class MediaFileSystem
{
    private const string XattrPrefix = "user.imagekit.";

    /// <inheritdoc/>
    public ValueTask<FsResult<ReadOnlyMemory<byte>>> GetXattrAsync(InodeId inode, string name, CancellationToken ct)
    {
        if (!name.StartsWith(XattrPrefix, StringComparison.Ordinal))
            return new(FsError.NoAttribute);
        lock (volume.Lock)
        {
            if (!volume.Names.TryGet(inode, out Inode? found))
                return new(FsError.Stale);
            foreach ((string key, string value) in XattrsOf(found))
            {
                if (name.AsSpan(XattrPrefix.Length).SequenceEqual(key))
                    return new((ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(value));
            }
        }

        return new(FsError.NoAttribute);
    }

    /// <inheritdoc/>
    public ValueTask<FsResult<IReadOnlyList<string>>> ListXattrAsync(InodeId inode, CancellationToken ct)
    {
        lock (volume.Lock)
        {
            if (!volume.Names.TryGet(inode, out Inode? found))
                return new(FsError.Stale);
            List<string> names = [];
            foreach ((string key, _) in XattrsOf(found))
                names.Add(XattrPrefix + key);
            return new(new FsResult<IReadOnlyList<string>>(names));
        }
    }

    /// <inheritdoc/>
    public ValueTask<FsError> SetXattrAsync(InodeId inode, string name, ReadOnlyMemory<byte> value, XattrMode mode, CancellationToken ct) =>
        new(FsError.NotSupported);

    /// <inheritdoc/>
    public ValueTask<FsError> RemoveXattrAsync(InodeId inode, string name, CancellationToken ct) =>
        new(name.StartsWith(XattrPrefix, StringComparison.Ordinal) ? FsError.NotSupported : FsError.NoAttribute);

    /// <summary>What the library and this machine know of a file, besides its attributes; with the lock held.</summary>
    private static List<(string Key, string Value)> XattrsOf(Inode inode)
    {
        List<(string, string)> shown = [];
        if (inode is not FileInode { IsVirtual: false } file)
            return shown;
        if (file.Base is { } version && file.Dirty is not { Replaces: not null })
        {
            shown.Add(("id", version.FileId));
            shown.Add(("version", version.Number.ToString(CultureInfo.InvariantCulture)));
            shown.Add(("private", version.IsPrivate ? "true" : "false"));
            shown.Add(("path", Namespace.ServerPathOf(file)));
            if (version.Description is { } description)
                shown.Add(("description", description));
        }

        shown.Add(("state", StateOf(file)));
        return shown;
    }

    /// <summary>clean, dirty, uploading, held, failed: why, local.</summary>
    private static string StateOf(FileInode file) => file.Dirty switch
    {
        null => file.ServerPath is null ? "clean" : "renaming",
        { InFlight: not null } => "uploading",
        { Queued: { State: OpState.Failed } failed } => "failed: " + failed.LastError,
        { Queued.Hold: HoldReason.Junk or HoldReason.Empty } => "local",
        { Queued.Hold: HoldReason.Transient } => "held",
        { Queued: not null } => "waiting",
        { IsNew: true } => "dirty",
        { Stack.IsDirty: true } => "dirty",
        _ => "clean",
    };
}
