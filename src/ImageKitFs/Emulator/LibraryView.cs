using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Library;

namespace ImageKitFs.Emulator;

/// <summary>A file or folder as the library has it.</summary>
/// <param name="Path">The full path.</param>
/// <param name="IsFolder">True for a folder.</param>
/// <param name="Id">The file or folder id.</param>
/// <param name="Size">Bytes of the current version; 0 for a folder.</param>
public sealed record LibraryEntry(string Path, bool IsFolder, string Id, long Size);

/// <summary>A version as the library has it, oldest first in lists.</summary>
public sealed record LibraryVersion(string Id, int Number, bool IsCurrent, byte[] Content, bool IsPrivate, IReadOnlyList<string> Tags)
{
    /// <summary>Free text, or null.</summary>
    public string? Description { get; init; }

    /// <summary>x,y,w,h or null.</summary>
    public string? CustomCoordinates { get; init; }

    /// <summary>The object as JSON text, or null.</summary>
    public string? CustomMetadata { get; init; }
}

/// <summary>What <see cref="LibraryView.Put"/> says about a file besides its bytes.</summary>
/// <param name="Tags">Its tags.</param>
/// <param name="IsPrivate">Delivered to signed URLs only.</param>
/// <param name="Description">Free text.</param>
/// <param name="KeepName">Stores the name as v2 would, where false sanitises it as v1 does.</param>
public sealed record PutOptions(IReadOnlyList<string>? Tags = null, bool IsPrivate = false, string? Description = null, bool KeepName = true)
{
    /// <summary>x,y,w,h.</summary>
    public string? CustomCoordinates { get; init; }

    /// <summary>A JSON object; its fields need not be defined.</summary>
    public string? CustomMetadata { get; init; }
}

/// <summary>The library past HTTP. Nothing here is counted, delayed or spoiled; listings lag and the CDN stays stale as for any change.</summary>
public sealed class LibraryView
{
    private readonly MediaStore _store;
    private readonly ExternalOrigins _origins;

    internal LibraryView(MediaStore store, ExternalOrigins origins)
    {
        _store = store;
        _origins = origins;
    }

    /// <summary>The current bytes, or null when there is no such file.</summary>
    public byte[]? Read(string path) => _store.Find(path, file => file.Current.Blob.ReadAll());

    /// <summary>True for a file or a folder.</summary>
    public bool Exists(string path) => _store.Exists(path);

    /// <summary>Stores a file or a new version of it; missing folders are made. Gives back the file id.</summary>
    public string Put(string path, ReadOnlySpan<byte> content, PutOptions? options = null)
    {
        options ??= new PutOptions();
        int slash = path.LastIndexOf('/');
        string name = path[(slash + 1)..];
        return _store.Upload(
            new UploadRequest
            {
                FileName = name,
                Folder = slash <= 0 ? "/" : path[..slash],
                Blob = _store.Blobs.Store(content),
                Media = MediaTypes.Detect(content[..Math.Min(content.Length, MediaTypes.HeadLength)], name),
                IsV2 = options.KeepName,
                UseUniqueFileName = false,
                Tags = options.Tags is { Count: > 0 } tags ? [.. tags] : null,
                IsPrivate = options.IsPrivate,
                Description = options.Description,
                CustomCoordinates = options.CustomCoordinates,
                CustomMetadata = options.CustomMetadata is { } metadata ? JsonNode.Parse(metadata)!.AsObject() : null,
            },
            file => file.Id);
    }

    /// <summary>Makes a folder and those above it; one that is there is left alone.</summary>
    public void CreateFolder(string path)
    {
        int slash = path.TrimEnd('/').LastIndexOf('/');
        _store.CreateFolder(path.TrimEnd('/')[(slash + 1)..], slash <= 0 ? "/" : path[..slash], isV2: true);
    }

    /// <summary>Deletes a file, or a folder with everything below it; false when there is neither.</summary>
    public bool Delete(string path)
    {
        if (_store.Find(path, file => file.Id) is { } id)
        {
            _store.Delete(id);
            return true;
        }

        if (!_store.Exists(path))
            return false;
        _store.DeleteFolder(path);
        return true;
    }

    /// <summary>Attaches external storage to the default URL endpoint, behind what is attached already. One of that name is used again.</summary>
    /// <param name="name">Its name in the account.</param>
    /// <param name="folder">A folder of this machine that it shows; null for one that is filled with <see cref="PutInOrigin"/>.</param>
    /// <returns>The origin's id.</returns>
    public string AttachOrigin(string name, string? folder = null) => _origins.Attach(name, folder);

    /// <summary>Puts a file into attached storage: it is delivered, and never listed.</summary>
    public void PutInOrigin(string name, string path, ReadOnlySpan<byte> content) => _origins.Put(name, path, content);

    /// <summary>The file id behind a path, or null.</summary>
    public string? IdOf(string path) => _store.Find(path, file => file.Id);

    /// <summary>The versions of a file, oldest first; empty when there is no such file.</summary>
    public IReadOnlyList<LibraryVersion> VersionsOf(string path) => _store.Find(path, file => (IReadOnlyList<LibraryVersion>)
    [
        .. file.Versions.Select(version => new LibraryVersion(
            version.Id, version.Number, ReferenceEquals(version, file.Current), version.Blob.ReadAll(), version.IsPrivate, version.Tags ?? [])
            {
                Description = version.Description,
                CustomCoordinates = version.CustomCoordinates,
                CustomMetadata = version.CustomMetadata?.ToJsonString(),
            }),
    ]) ?? [];

    /// <summary>All files and folders by path, synthetic files included, as they are now, not as listings show them.</summary>
    public IReadOnlyList<LibraryEntry> List() => _store.Everything(node =>
        new LibraryEntry(node.Path, node is FolderNode, node.Id, (node as FileNode)?.Current.Blob.Length ?? 0));
}
