using System.Globalization;
using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Media;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

internal sealed partial class MediaFileSystem
{
    private const string XattrPrefix = "user.imagekit.";
    private const string TagsKey = "tags";
    private const string DescriptionKey = "description";
    private const string MetadataKey = "customMetadata.";

    /// <summary>XATTR_NAME_MAX: a longer name could be listed and never asked for.</summary>
    private const int MaxXattrName = 255;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

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
    public ValueTask<FsError> SetXattrAsync(InodeId inode, string name, ReadOnlyMemory<byte> value, XattrMode mode, CancellationToken ct) => Interruptible(async () =>
    {
        FsError error = TryWritable(inode, name, out FileInode file, out string key);
        if (error != FsError.None)
            return error;
        if (!IsWritable(key))
            return FsError.NotPermitted;
        error = TryChange(key, value.Span, out DetailsChange change);
        if (error != FsError.None)
            return error;
        bool isThere = HasXattr(file, key);
        if (mode == XattrMode.CreateOnly && isThere)
            return FsError.Exists;
        if (mode == XattrMode.ReplaceOnly && !isThere)
            return FsError.NoAttribute;
        return await volume.Details.ChangeAsync(file, change, ct);
    });

    /// <inheritdoc/>
    /// <remarks>What cannot be set cannot be removed either; to ask for it is no error, because rsync -X asks for it with every file it brings.</remarks>
    public ValueTask<FsError> RemoveXattrAsync(InodeId inode, string name, CancellationToken ct) => Interruptible(async () =>
    {
        if (!name.StartsWith(XattrPrefix, StringComparison.Ordinal))
            return FsError.NoAttribute;
        FsError error = TryWritable(inode, name, out FileInode file, out string key);
        if (error != FsError.None)
            return error;
        if (!HasXattr(file, key))
            return FsError.NoAttribute;
        if (!IsWritable(key))
            return FsError.None;
        return await volume.Details.ChangeAsync(file, Removal(key), ct);
    });

    private FsError TryWritable(InodeId inode, string name, out FileInode file, out string key)
    {
        file = null!;
        key = "";
        if (!name.StartsWith(XattrPrefix, StringComparison.Ordinal))
            return FsError.NotSupported;
        if (volume.Options.ReadOnly)
            return FsError.ReadOnly;
        key = name[XattrPrefix.Length..];
        lock (volume.Lock)
        {
            if (!volume.Names.TryGet(inode, out Inode? found))
                return FsError.Stale;
            if (found is not FileInode { IsVirtual: false } regular)
                return FsError.NotSupported;
            file = regular;
            return FsError.None;
        }
    }

    private bool HasXattr(FileInode file, string key)
    {
        lock (volume.Lock)
            return XattrsOf(file).Exists(shown => shown.Key == key);
    }

    private static bool IsWritable(string key) =>
        key is TagsKey or DescriptionKey || (key.StartsWith(MetadataKey, StringComparison.Ordinal) && key.Length > MetadataKey.Length && key != MetadataKey + StoredTime.FieldName);

    private static FsError TryChange(string key, ReadOnlySpan<byte> value, out DetailsChange change)
    {
        change = new DetailsChange();
        string text;
        try
        {
            text = StrictUtf8.GetString(value);
        }
        catch (DecoderFallbackException)
        {
            return FsError.InvalidArgument;
        }

        if (text.Contains('\0', StringComparison.Ordinal))
            return FsError.InvalidArgument;
        switch (key)
        {
            case TagsKey:
                IReadOnlyList<string> tags = TagList.Parse(text);
                change = new DetailsChange { Tags = tags };
                return tags.Any(TagList.HasBadCharacter) ? FsError.InvalidArgument : TagList.IsTooLong(tags) ? FsError.BufferTooSmall : FsError.None;
            case DescriptionKey:
                change = new DetailsChange { Description = text };
                return FsError.None;
            default:
                change = OfMetadata(key, text);
                return FsError.None;
        }
    }

    private static DetailsChange Removal(string key) => key switch
    {
        TagsKey => new DetailsChange { Tags = [] },
        DescriptionKey => new DetailsChange { Description = "" },
        _ => OfMetadata(key, null),
    };

    private static DetailsChange OfMetadata(string key, string? text) =>
        new() { Metadata = new Dictionary<string, string?>(StringComparer.Ordinal) { [key[MetadataKey.Length..]] = text } };

    /// <summary>What the library and this machine know of a file, besides its attributes; with the lock held.</summary>
    private List<(string Key, string Value)> XattrsOf(Inode inode)
    {
        List<(string Key, string Value)> shown = [];
        if (inode is not FileInode { IsVirtual: false } file)
            return shown;
        if (file.Base is { } version && file.Dirty is not { Replaces: not null })
        {
            string path = Namespace.ServerPathOf(file);
            shown.Add(("id", version.FileId));
            shown.Add(("version", version.Number.ToString(CultureInfo.InvariantCulture)));
            shown.Add(("private", version.IsPrivate ? "true" : "false"));
            shown.Add(("path", path));
            shown.Add(("url", volume.Options.Endpoints.Delivery.OriginalString.TrimEnd('/') + "/" + RemotePath.ToUrlPath(path)));
            AddListed(file, version, shown);
        }

        DetailsView details = volume.Details.ViewOf(file);
        if (details.Tags.Count > 0)
            shown.Add((TagsKey, TagList.ToText(details.Tags)));
        if (details.Description is { } description)
            shown.Add((DescriptionKey, description));
        foreach ((string field, string text) in details.Metadata)
        {
            if (Encoding.UTF8.GetByteCount(field) + XattrPrefix.Length + MetadataKey.Length <= MaxXattrName && !field.Contains('\0', StringComparison.Ordinal))
                shown.Add((MetadataKey + field, text));
        }

        shown.Add(("state", StateOf(file)));
        return shown;
    }

    /// <summary>What only the listing has; a version that it does not show yet has none of it.</summary>
    private void AddListed(FileInode file, RemoteVersion version, List<(string Key, string Value)> shown)
    {
        if (file.Parent is not { } parent || !volume.Tree.TryPeek(parent.RemotePath, out Listing listing, out _)
            || !listing.TryFind(file.Name, out Row row) || row.Id != version.FileId || row.VersionNumber != version.Number)
            return;
        if (row.Mime is { } mime)
            shown.Add(("mime", mime));
        if (row.Width is { } width)
            shown.Add(("width", width.ToString(CultureInfo.InvariantCulture)));
        if (row.Height is { } height)
            shown.Add(("height", height.ToString(CultureInfo.InvariantCulture)));
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
