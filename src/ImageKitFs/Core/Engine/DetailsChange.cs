using System.Text.Json;

namespace ImageKitFs.Core.Engine;

/// <summary>What a program set of a file's tags, description and custom metadata; what is null or absent stays as it is.</summary>
internal sealed record DetailsChange
{
    /// <summary>The new tags, empty for none.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>The new description, empty for none.</summary>
    public string? Description { get; init; }

    /// <summary>Custom metadata as text by field; null takes the field away.</summary>
    public IReadOnlyDictionary<string, string?> Metadata { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsEmpty => Tags is null && Description is null && Metadata.Count == 0;

    /// <summary>This, then the later one.</summary>
    public DetailsChange With(DetailsChange later)
    {
        Dictionary<string, string?> metadata = new(Metadata, StringComparer.Ordinal);
        foreach ((string field, string? text) in later.Metadata)
            metadata[field] = text;
        return new DetailsChange { Tags = later.Tags ?? Tags, Description = later.Description ?? Description, Metadata = metadata };
    }

    /// <summary>What is left of it when another one was stored: what was set again meanwhile.</summary>
    public DetailsChange Without(DetailsChange stored) => new()
    {
        Tags = SameTags(Tags, stored.Tags) ? null : Tags,
        Description = Description == stored.Description ? null : Description,
        Metadata = Metadata.Where(field => !stored.Metadata.TryGetValue(field.Key, out string? text) || text != field.Value)
            .ToDictionary(field => field.Key, field => field.Value, StringComparer.Ordinal),
    };

    /// <summary>What of it a version does not have.</summary>
    public DetailsChange Without(RemoteVersion version)
    {
        Dictionary<string, string> has = MetadataOf(version.CustomMetadataJson);
        return new DetailsChange
        {
            Tags = SameTags(Tags, version.Tags) ? null : Tags,
            Description = Description == (version.Description ?? "") ? null : Description,
            Metadata = Metadata.Where(field => has.GetValueOrDefault(field.Key) != field.Value)
                .ToDictionary(field => field.Key, field => field.Value, StringComparer.Ordinal),
        };
    }

    /// <summary>Custom metadata as text by field, without what is ours.</summary>
    public static Dictionary<string, string> MetadataOf(string? json)
    {
        Dictionary<string, string> fields = new(StringComparer.Ordinal);
        if (json is null)
            return fields;
        using JsonDocument document = JsonDocument.Parse(json);
        foreach (JsonProperty field in document.RootElement.EnumerateObject())
        {
            try
            {
                if (field.Value.ValueKind != JsonValueKind.Null && field.Name != Tree.StoredTime.FieldName)
                    fields[field.Name] = Api.MetadataField.TextOf(field.Value);
            }
            catch (InvalidOperationException)
            {
                // Half a surrogate pair parses as JSON but is no text.
            }
        }

        return fields;
    }

    private static bool SameTags(IReadOnlyList<string>? some, IReadOnlyList<string>? others) =>
        some is null || others is null ? some is null : some.SequenceEqual(others, StringComparer.Ordinal);
}

/// <summary>A file's details as programs see them: what the library listed, under what was set here.</summary>
internal sealed record DetailsView(IReadOnlyList<string> Tags, string? Description, IReadOnlyDictionary<string, string> Metadata)
{
    public static DetailsView Of(RemoteVersion? version) =>
        new(version?.Tags ?? [], version?.Description is { Length: > 0 } text ? text : null, DetailsChange.MetadataOf(version?.CustomMetadataJson));

    public DetailsView Under(DetailsChange? change)
    {
        if (change is null)
            return this;
        Dictionary<string, string> metadata = new(Metadata, StringComparer.Ordinal);
        foreach ((string field, string? text) in change.Metadata)
        {
            if (text is null)
                metadata.Remove(field);
            else
                metadata[field] = text;
        }

        string? description = change.Description is null ? Description : change.Description.Length > 0 ? change.Description : null;
        return new DetailsView(change.Tags ?? Tags, description, metadata);
    }
}

/// <summary>What an upload takes along of a file's details, and what the version that comes of it has.</summary>
/// <param name="SentTags">Null: the service is asked to keep its own.</param>
/// <param name="Tags">Those of the new version.</param>
/// <param name="SentDescription">Null: there is none to send.</param>
/// <param name="Description">That of the new version.</param>
/// <param name="CustomMetadataJson">That of the new version, which the service is asked to keep.</param>
internal sealed record UploadDetails(
    IReadOnlyList<string>? SentTags, IReadOnlyList<string> Tags, string? SentDescription, string? Description, string? CustomMetadataJson);
