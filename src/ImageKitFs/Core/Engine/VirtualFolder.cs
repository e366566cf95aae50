using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// The folder .imagekit: not in the root's listing, there when it is named. status.json tells what `imagekitfs status` shows;
/// what is written to control is done before the write returns. There is no other way to speak to a running mount.
/// </summary>
internal sealed class VirtualFolder
{
    /// <summary>A remote folder of this name at the root is shown under an escaped one.</summary>
    public const string FolderName = ".imagekit";

    private static readonly InodeId FolderId = new(2);
    private static readonly InodeId StatusId = new(3);
    private static readonly InodeId ControlId = new(4);

    private readonly Volume _volume;
    private readonly Func<VolumeStatus> _status;
    private readonly Func<string, CancellationToken, ValueTask<FsError>> _control;
    private readonly FileInode _statusFile = new(StatusId, StatusId.Value) { IsVirtual = true, Name = "status.json" };
    private readonly FileInode _controlFile = new(ControlId, ControlId.Value) { IsVirtual = true, Name = "control" };
    private readonly FolderInode _folder = new(FolderId, FolderId.Value, "");
    private readonly Timestamp _born;

    /// <param name="volume">The volume.</param>
    /// <param name="status">What status.json shows.</param>
    /// <param name="control">Does what was written to control: a word, or a word and a percent-encoded path.</param>
    public VirtualFolder(Volume volume, Func<VolumeStatus> status, Func<string, CancellationToken, ValueTask<FsError>> control)
    {
        _volume = volume;
        _status = status;
        _control = control;
        _born = volume.Now;
        volume.Names.Add(_statusFile);
        volume.Names.Add(_controlFile);
    }

    /// <summary>True for names that are ours and cannot be made, removed or renamed.</summary>
    public static bool Owns(InodeId parent, EntryName name) => parent == FolderId || (parent == InodeId.Root && name.Value == FolderName);

    public bool TryLookup(InodeId parent, EntryName name, out Entry entry)
    {
        entry = default;
        if (parent == InodeId.Root && name.Value == FolderName)
        {
            entry = new Entry(FolderId, FolderAttr(), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
            return true;
        }

        if (parent != FolderId)
            return false;
        FileInode? file = name.Value == _statusFile.Name ? _statusFile : name.Value == _controlFile.Name ? _controlFile : null;
        if (file is null)
            return false;
        entry = new Entry(file.Id, AttrOf(file), TimeSpan.FromMinutes(1), TimeSpan.Zero);
        return true;
    }

    public Attr FolderAttr() => new(
        _folder.Ino, FileKind.Directory, 0, 0b101_101_101, _volume.Options.Uid, _volume.Options.Gid, 2, _born, _born, _born, _born);

    public Attr AttrOf(FileInode file)
    {
        bool isStatus = file == _statusFile;
        Timestamp now = _volume.Now;
        return new Attr(
            file.Ino, FileKind.File, isStatus ? StatusText().Length : 0, isStatus ? 0b100_100_100u : 0b010_000_000u,
            _volume.Options.Uid, _volume.Options.Gid, 1, now, now, now, _born);
    }

    public byte[] TextOf(FileInode file) => file == _statusFile ? StatusText() : [];

    public bool TryOpenFolder(InodeId inode, OpenTable open, out Opened opened)
    {
        opened = default;
        if (inode != FolderId)
            return false;
        opened = new Opened(open.Add(new OpenFolder(_folder)), PagePolicy.Fresh);
        return true;
    }

    public bool TryReadFolder(InodeId inode, ulong cookie, IDirectorySink sink)
    {
        if (inode != FolderId)
            return false;
        DirEntry[] entries =
        [
            new(".", FileKind.Directory, _folder.Ino, 1),
            new("..", FileKind.Directory, InodeId.Root.Value, 2),
            new(_statusFile.Name, FileKind.File, _statusFile.Ino, 3),
            new(_controlFile.Name, FileKind.File, _controlFile.Ino, 4),
            new(RenditionView.TransformationsName, FileKind.Directory, FolderId.Value, 5),
        ];
        for (ulong at = cookie; at < (ulong)entries.Length; at++)
        {
            if (!sink.TryAdd(entries[at], null))
                break;
        }

        return true;
    }

    /// <summary>Runs a command written to control.</summary>
    public ValueTask<FsError> RunAsync(ReadOnlySpan<byte> text, CancellationToken ct) => _control(Encoding.UTF8.GetString(text).Trim(), ct);

    public bool IsControl(FileInode file) => file == _controlFile;

    private byte[] StatusText() => JsonSerializer.SerializeToUtf8Bytes(_status(), StatusJson.Default.VolumeStatus);
}

/// <summary>How status is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VolumeStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
