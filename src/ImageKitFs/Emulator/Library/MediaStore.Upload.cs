using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Library;

/// <content>Uploads.</content>
internal sealed partial class MediaStore
{
    private const string UniqueAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    private const int UniqueLength = 9;

    private readonly Dictionary<string, Queue<DateTimeOffset>> _uploadTimes = new(StringComparer.Ordinal);
    private Random? _lots;

    /// <summary>Stores an upload as a new file or a new version.</summary>
    public T Upload<T>(UploadRequest upload, Func<FileNode, T> show) => Enter(() =>
    {
        string[] folderParts = NameRules.Split(upload.Folder);
        if (folderParts.Length > NameRules.MaxDepth || folderParts.Any(NameRules.IsDots))
            throw new Refusal(400, "Your request contains invalid value for folder parameter.");
        string name = NameRules.File(upload.FileName, upload.IsV2, Options);
        if (name.Length == 0 || NameRules.IsDots(name))
            throw new Refusal(400, "Your request contains invalid value for fileName parameter.");
        // Unlike a path in a JSON body, the folder of an upload is a wish: its names are always rewritten.
        folderParts = [.. folderParts.Select(part => NameRules.Folder(part, upload.IsV2, Options))];
        string path = "/" + string.Join('/', [.. folderParts, name]);

        FileNode? taken = upload.UseUniqueFileName ? null : FindFile(path);
        if (taken is not null && !upload.OverwriteFile)
        {
            throw new Refusal(400, "A file with the same name already exists at the exact location. "
                + "We could not overwrite it because both overwriteFile and useUniqueFileName are set to false.");
        }

        if (Options.StorageQuotaBytes is { } quota && _storedBytes + upload.Blob.Length > quota)
            throw new Refusal(Options.QuotaFullIs400 ? 400 : 403, "Upload Limit Exceeded.");
        if (taken is not null && taken.Versions.Length >= Options.MaxVersions && !Options.DropOldestVersion)
            throw Refusal.Invalid("VERSION_LIMIT_EXCEEDED", $"A file cannot have more than {Options.MaxVersions} versions.");
        Throttle(path);

        FolderNode folder = EnsureFolder(folderParts, upload.IsV2, creating: false);
        if (Options.RefuseSharedNames && folder.Folders.Find(name) is not null)
            throw new Refusal(400, "A folder with the same name already exists at the exact location.");
        if (upload.UseUniqueFileName)
            name = MakeUnique(folder, name);
        FileNode file = taken is null ? AddFile(folder, name, upload) : AddVersion(taken, upload);
        Save(file);
        return show(file);
    });

    private FileNode AddFile(FolderNode folder, string name, UploadRequest upload)
    {
        string id = _ids.Next();
        FileVersion version = MakeVersion(id, upload, Now());
        Hold(version);
        var file = new FileNode
        {
            Id = id,
            Sequence = _nextSequence++,
            Name = name,
            CreatedAt = version.UploadedAt,
            Versions = [version],
            Current = version,
            LastNumber = 1,
        };
        _lag.Remember(id, before: null);
        Link(file, folder);
        return file;
    }

    private FileNode AddVersion(FileNode file, UploadRequest upload)
    {
        _lag.Before(file);
        FileVersion old = file.Current;
        FileVersion version = MakeVersion(file.Id, upload, Now());
        if (upload.Tags is null && !upload.OverwriteTags)
            version = version with { Tags = old.Tags };
        if (upload.AiTags is null && !upload.OverwriteAiTags)
            version = version with { AiTags = old.AiTags };
        if (upload.CustomMetadata is null && !upload.OverwriteCustomMetadata)
            version = version with { CustomMetadata = old.CustomMetadata };
        else if (upload.CustomMetadata is { } sent && Options.MergeCustomMetadata)
            version = version with { CustomMetadata = Merge(old.CustomMetadata, sent) };
        if (upload.Description is null && Options.KeepDescription)
            version = version with { Description = old.Description };
        if (file.Versions.Length >= Options.MaxVersions)
            DropOldest(file);
        Append(file, [version], makeCurrent: true);
        return file;
    }

    private static FileVersion MakeVersion(string id, UploadRequest upload, DateTimeOffset now) => new()
    {
        Id = id,
        Number = 1,
        Blob = upload.Blob,
        Media = upload.Media,
        Tags = upload.Tags,
        AiTags = upload.AiTags,
        CustomMetadata = upload.CustomMetadata is { Count: > 0 } ? upload.CustomMetadata : null,
        CustomCoordinates = upload.CustomCoordinates,
        Description = upload.Description,
        IsPrivate = upload.IsPrivate,
        IsPublished = upload.IsPublished,
        UploadedAt = now,
        UpdatedAt = now,
    };

    /// <summary>The old object with the new keys laid over it; a null takes a key away.</summary>
    public static JsonObject? Merge(JsonObject? old, JsonObject sent)
    {
        var merged = old is null ? [] : (JsonObject)old.DeepClone();
        foreach ((string key, JsonNode? value) in sent)
        {
            if (value is null)
                merged.Remove(key);
            else
                merged[key] = value.DeepClone();
        }

        return merged.Count == 0 ? null : merged;
    }

    private void Throttle(string path)
    {
        if (!Options.UploadThrottle)
            return;
        DateTimeOffset now = _time.GetUtcNow();
        if (!_uploadTimes.TryGetValue(path, out Queue<DateTimeOffset>? times))
            _uploadTimes.Add(path, times = new Queue<DateTimeOffset>());
        while (times.TryPeek(out DateTimeOffset oldest) && now - oldest >= Options.UploadThrottleWindow)
            times.Dequeue();
        if (times.Count >= Options.UploadThrottleCount)
            throw new Refusal(400, "You have sent too many requests to update the file recently. Please try again later.");
        times.Enqueue(now);
    }

    // a.jpg is stored as a_S-PgGysnR.jpg
    private string MakeUnique(FolderNode folder, string name)
    {
        _lots ??= new Random(Options.Seed);
        int dot = name.LastIndexOf('.');
        (string stem, string extension) = dot <= 0 ? (name, "") : (name[..dot], name[dot..]);
        while (true)
        {
            string unique = $"{stem}_{new string(_lots.GetItems<char>(UniqueAlphabet, UniqueLength))}{extension}";
            if (FindFile(folder, unique) is null)
                return unique;
        }
    }
}
