using ImageKitFs.Core.Api;

namespace ImageKitFs.Core.Media;

/// <content>Changes of what the library knows about files.</content>
public sealed partial class MediaLibrary
{
    /// <summary>Adds tags to files and removes others, many files in one request.</summary>
    /// <returns>The files that the service did not change.</returns>
    /// <exception cref="MediaException">A tag cannot be stored, or the service refused. Files before may be changed.</exception>
    public async Task<IReadOnlyList<MediaItem>> ChangeTagsAsync(
        IReadOnlyList<MediaItem> files, IReadOnlyList<string> added, IReadOnlyList<string> removed, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (MediaItem file in files)
        {
            if (TagList.Check([.. file.Tags.Except(removed).Union(added)]) is { } problem)
                throw new MediaException(MediaFailure.BadValue, $"{file.Path}: {problem}");
        }

        List<MediaItem> unchanged = [];
        foreach (MediaItem[] some in files.Chunk(ImageKitClient.MaxTaggedFiles))
        {
            string[] ids = [.. some.Select(file => file.Id).Distinct()];
            HashSet<string> missed = new(StringComparer.Ordinal);
            // Removed first: the limit on all tags holds in between as well.
            foreach ((IReadOnlyList<string> tags, bool add) in ((IReadOnlyList<string>, bool)[])[(removed, false), (added, true)])
            {
                if (tags.Count > 0)
                    missed.UnionWith(ids.Except(Require(await _api.Library.ChangeTagsAsync(ids, tags, add, ct), some[0].Path)));
            }

            unchanged.AddRange(some.Where(file => missed.Contains(file.Id)));
        }

        return unchanged;
    }

    /// <summary>Sets the description; an empty one clears it.</summary>
    public async Task DescribeAsync(MediaItem file, string text, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        Require(await _api.Library.PatchAsync(file.Id, new DetailsPatch { Description = text }, ct), file.Path);
    }

    /// <summary>The custom metadata fields of the account.</summary>
    public async Task<IReadOnlyList<MetadataField>> FieldsAsync(CancellationToken ct) => Require(await _api.Library.FieldsAsync(ct), "the custom metadata fields");

    /// <summary>Sets and unsets custom metadata, checked against the account's fields.</summary>
    /// <param name="file">The file.</param>
    /// <param name="values">Texts; null unsets.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>What the file has now, a JSON object, or null when it has none.</returns>
    /// <exception cref="MediaException">A field or value that the account does not take, or the service refused.</exception>
    public async Task<string?> SetMetadataAsync(MediaItem file, IReadOnlyDictionary<string, string?> values, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        IReadOnlyList<MetadataField> fields = await FieldsAsync(ct);
        string json = MetadataPatch.ToJson(values, fields, out string? problem);
        if (problem is not null)
            throw new MediaException(MediaFailure.BadValue, problem);
        return Require(await _api.Library.PatchAsync(file.Id, new DetailsPatch { CustomMetadataJson = json }, ct), file.Path).CustomMetadataJson;
    }

    /// <summary>Deletes an older version for good.</summary>
    public async Task DeleteVersionAsync(MediaItem version, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(version);
        Require(await _api.Library.DeleteVersionAsync(version.Id, version.VersionId, ct), version.Path);
    }

    /// <summary>Makes an older version current.</summary>
    /// <returns>The file as it is then.</returns>
    public async Task<MediaItem> RestoreAsync(MediaItem version, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(version);
        return ToItem(Require(await _api.Library.RestoreVersionAsync(version.Id, version.VersionId, ct), version.Path));
    }
}
