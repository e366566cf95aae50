using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Media;

namespace ImageKitFs.Core.Engine;

/// <content>The account's custom metadata fields, asked for when metadata is first set: the service wants a number for a number.</content>
internal sealed partial class FileDetails
{
    /// <summary>Fields change by hand, in the dashboard.</summary>
    private static readonly TimeSpan FieldsAge = TimeSpan.FromMinutes(5);

    /// <summary>A name that is not known may be new; who sets many such names asks no more often.</summary>
    private static readonly TimeSpan UnknownAge = TimeSpan.FromSeconds(5);

    private IReadOnlyList<MetadataField>? _fields;
    private long _fieldsAt;

    /// <summary>Refuses at once what can be refused before it is sent.</summary>
    private async ValueTask<FsError> CheckAsync(DetailsChange change, CancellationToken ct)
    {
        if (change.Metadata.Count == 0)
            return FsError.None;
        (IReadOnlyList<MetadataField>? known, _) = await FieldsAsync(change.Metadata.Keys, ct);
        if (known is null)
            return FsError.None; // Not to be learnt now: the service is asked with the change itself.
        MetadataPatch.ToJson(change.Metadata, known, out string? problem);
        return problem is null ? FsError.None : FsError.InvalidArgument;
    }

    private async ValueTask<(DetailsPatch? Patch, PushResult Problem)> ToPatchAsync(DetailsChange change, CancellationToken ct)
    {
        DetailsPatch patch = new() { Tags = change.Tags, Description = change.Description };
        if (change.Metadata.Count == 0)
            return (patch, PushResult.Done);
        (IReadOnlyList<MetadataField>? known, ApiError? error) = await FieldsAsync(change.Metadata.Keys, ct);
        if (error is not null)
            return (null, PushResult.From(error));
        known ??= [.. change.Metadata.Keys.Select(name => new MetadataField { Name = name, Label = name, Type = "Text" })];
        string json = MetadataPatch.ToJson(change.Metadata, known, out string? problem);
        return problem is null ? (patch with { CustomMetadataJson = json }, PushResult.Done) : (null, PushResult.Refuse(FsError.InvalidArgument, problem));
    }

    /// <returns>Neither fields nor an error for a key that may not ask: then everything is sent as text, and the service judges.</returns>
    private async ValueTask<(IReadOnlyList<MetadataField>? Fields, ApiError? Error)> FieldsAsync(IEnumerable<string> names, CancellationToken ct)
    {
        lock (volume.Lock)
        {
            if (_fields is { } known)
            {
                bool hasAll = names.All(name => known.Any(field => field.Name == name));
                if (volume.Time.GetElapsedTime(_fieldsAt) < (hasAll ? FieldsAge : UnknownAge))
                    return (known, null);
            }
        }

        ApiResult<IReadOnlyList<MetadataField>> asked = await volume.Library.FieldsAsync(ct);
        if (!asked.Ok)
            return (null, asked.Error.Kind is ApiErrorKind.Forbidden or ApiErrorKind.NotFound ? null : asked.Error);
        lock (volume.Lock)
        {
            _fields = asked.Value;
            _fieldsAt = volume.Time.GetTimestamp();
        }

        return (asked.Value, null);
    }
}
