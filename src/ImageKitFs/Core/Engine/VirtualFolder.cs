using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// The folder .imagekit: not in the root's listing, there when it is named. status.json tells what `imagekitfs status` shows, metrics the same for
/// Prometheus; what is written to control is done before the write returns. There is no other way to speak to a running mount.
/// </summary>
internal sealed class VirtualFolder
{
    /// <summary>A remote folder of this name at the root is shown under an escaped one.</summary>
    public const string FolderName = ".imagekit";

    private static readonly InodeId FolderId = new(2);
    private static readonly InodeId StatusId = new(3);
    private static readonly InodeId ControlId = new(4);
    private static readonly InodeId MetricsId = new(5);

    private readonly Volume _volume;
    private readonly Func<string, CancellationToken, ValueTask<FsError>> _control;
    private readonly FileInode _statusFile = new(StatusId, StatusId.Value) { IsVirtual = true, Name = "status.json" };
    private readonly FileInode _metricsFile = new(MetricsId, MetricsId.Value) { IsVirtual = true, Name = "metrics" };
    private readonly FileInode _controlFile = new(ControlId, ControlId.Value) { IsVirtual = true, Name = "control" };
    private readonly FolderInode _folder = new(FolderId, FolderId.Value, "");
    private readonly Timestamp _born;
    private readonly VirtualText _statusText;
    private readonly VirtualText _metricsText;

    /// <param name="volume">The volume.</param>
    /// <param name="status">What status.json shows.</param>
    /// <param name="metrics">What metrics shows.</param>
    /// <param name="control">Does what was written to control: a word, or a word and a percent-encoded path.</param>
    public VirtualFolder(Volume volume, Func<VolumeStatus> status, Func<byte[]> metrics, Func<string, CancellationToken, ValueTask<FsError>> control)
    {
        _volume = volume;
        _statusText = new VirtualText(() => JsonSerializer.SerializeToUtf8Bytes(status(), StatusJson.Default.VolumeStatus));
        _metricsText = new VirtualText(metrics);
        _control = control;
        _born = volume.Now;
        volume.Names.Add(_statusFile);
        volume.Names.Add(_metricsFile);
        volume.Names.Add(_controlFile);
    }

    /// <summary>True for names that are ours and cannot be made, removed or renamed.</summary>
    public static bool Owns(InodeId parent, EntryName name) => parent == FolderId || (parent == InodeId.Root && name.Value == FolderName);

    /// <summary>True for the folder itself and the files in it that are ours.</summary>
    public static bool IsOwn(InodeId inode) => inode.Value >= FolderId.Value && inode.Value <= MetricsId.Value;

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
        if (Array.Find<FileInode>([_statusFile, _metricsFile, _controlFile], known => known.Name == name.Value) is not { } file)
            return false;
        entry = new Entry(file.Id, AttrOf(file), TimeSpan.FromMinutes(1), TimeSpan.Zero);
        return true;
    }

    public Attr FolderAttr() => new(
        _folder.Ino, FileKind.Directory, 0, 0b101_101_101, _volume.Options.Uid, _volume.Options.Gid, 2, _born, _born, _born, _born);

    public Attr AttrOf(FileInode file)
    {
        VirtualText? text = TextIn(file);
        Timestamp now = _volume.Now;
        return new Attr(
            file.Ino, FileKind.File, text?.Size ?? 0, text is null ? 0b010_000_000u : 0b100_100_100u,
            _volume.Options.Uid, _volume.Options.Gid, 1, now, now, now, _born);
    }

    /// <summary>The file's text for one open, to be given back by <see cref="Closed"/>.</summary>
    public byte[] Opened(FileInode file) => TextIn(file)?.Open() ?? [];

    public void Closed(FileInode file) => TextIn(file)?.Close();

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
            new(_metricsFile.Name, FileKind.File, _metricsFile.Ino, 4),
            new(_controlFile.Name, FileKind.File, _controlFile.Ino, 5),
            new(RenditionView.TransformationsName, FileKind.Directory, FolderId.Value, 6),
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

    private VirtualText? TextIn(FileInode file) => file == _statusFile ? _statusText : file == _metricsFile ? _metricsText : null;
}

/// <summary>How status is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VolumeStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
