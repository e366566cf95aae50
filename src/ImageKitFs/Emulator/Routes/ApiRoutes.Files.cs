using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Http;
using ImageKitFs.Emulator.Library;

namespace ImageKitFs.Emulator.Routes;

/// <content>Files and their versions (sections 5 and 7).</content>
internal sealed partial class ApiRoutes
{
    private Reply Details(string id) => Reply.Of(200, store.Details(id, file => rows.ToJson(file, file.Current)));

    private Reply Delete(string id) => Done(() => store.Delete(id));

    private Reply CopyFile(ApiRequest request)
    {
        bool includeVersions = request.Flag("includeFileVersions");
        return Done(() => store.Copy(request.Need("sourceFilePath"), request.Need("destinationPath"), includeVersions, request.IsV2));
    }

    private Reply MoveFile(ApiRequest request) =>
        Done(() => store.Move(request.Need("sourceFilePath"), request.Need("destinationPath"), request.IsV2));

    private Reply RenameFile(ApiRequest request)
    {
        bool purgeCache = request.Flag("purgeCache");
        string path = request.Need("filePath");
        store.Rename(path, request.Need("newFileName"), request.IsV2);
        if (!purgeCache)
            return Reply.Of(200, new JsonObject());
        if (store.Purge().RequestId is not { } purge)
        {
            return Reply.Error(207, "File renamed successfully but we could not purge the CDN cache for old URL because of rate limits on purge API.", "PURGE_FAILED");
        }

        cdn.Purge(rows.PlainUrl("/" + path.TrimStart('/')), byPrefix: false);
        return Reply.Of(200, new JsonObject { ["purgeRequestId"] = purge });
    }

    private Reply BulkDelete(ApiRequest request)
    {
        IReadOnlyList<string> ids = request.NeedList("fileIds");
        store.DeleteAll(ids);
        return Reply.Of(200, new JsonObject { ["successfullyDeletedFileIds"] = ToArray(ids) });
    }

    private Reply AddTags(ApiRequest request) => ChangeTags(request, "tags", (version, tags) =>
        version with { Tags = [.. (version.Tags ?? []).Union(tags, StringComparer.Ordinal)] });

    private Reply RemoveTags(ApiRequest request) => ChangeTags(request, "tags", (version, tags) =>
        version with { Tags = NullWhenEmpty([.. (version.Tags ?? []).Except(tags, StringComparer.Ordinal)]) });

    private Reply RemoveAiTags(ApiRequest request) => ChangeTags(request, "AITags", WithoutAiTags);

    private Reply ChangeTags(ApiRequest request, string member, Func<FileVersion, IReadOnlyList<string>, FileVersion> change)
    {
        IReadOnlyList<string> ids = request.NeedList("fileIds");
        IReadOnlyList<string> tags = request.NeedList(member);
        store.UpdateAll(ids, version => change(version, tags));
        return Reply.Of(200, new JsonObject { ["successfullyUpdatedFileIds"] = ToArray(ids) });
    }

    private Reply Update(string id, ApiRequest request)
    {
        JsonObject body = request.Body;
        if (body["customMetadata"] is JsonObject sent)
            store.Account.Fields.Check(sent);
        JsonObject row = store.Update(id, version => Patched(version, body), file => rows.ToJson(file, file.Current));
        if (body["extensions"] is JsonArray extensions)
            row["extensionStatus"] = Extensions.StatusOf(extensions);
        return Reply.Of(200, row);
    }

    private static FileVersion Patched(FileVersion version, JsonObject body)
    {
        if (body["publish"] is JsonObject publish)
            return version with { IsPublished = (bool?)publish["isPublished"] ?? throw new Refusal(400, "Your request contains invalid publish parameter.") };
        if (body.ContainsKey("tags"))
            version = version with { Tags = body["tags"] is null ? null : NullWhenEmpty([.. TextsOf(body["tags"], "tags")]) };
        if (body.ContainsKey("customCoordinates"))
            version = version with { CustomCoordinates = body["customCoordinates"] is null ? null : TextOf(body["customCoordinates"], "customCoordinates") };
        if (body.ContainsKey("description"))
            version = version with { Description = body["description"] is null ? null : TextOf(body["description"], "description") };
        if (body["customMetadata"] is JsonObject sent)
            version = version with { CustomMetadata = MediaStore.Merge(version.CustomMetadata, sent) };
        if (body["removeAITags"] is { } removed)
        {
            version = removed is JsonValue all && all.TryGetValue(out string? text) && text == "all"
                ? version with { AiTags = null }
                : WithoutAiTags(version, TextsOf(removed, "removeAITags"));
        }

        return body["extensions"] is JsonArray extensions && Extensions.AiTagsOf(extensions, version.Media) is { } found
            ? version with { AiTags = found }
            : version;
    }

    private Reply Metadata(string id) => Reply.Of(200, store.Details(id, file => RowJson.Metadata(file.Current)));

    private Reply MetadataOfUrl(ApiRequest request)
    {
        const string missing = "The requested file does not exist or is inaccessible at this time.";
        if (request.Query("url") is not { } url || !Uri.TryCreate(url, UriKind.Absolute, out _))
            throw new Refusal(400, "Your request contains invalid url parameter.");
        string path = cdn.PathOf(url) ?? throw new Refusal(404, missing);
        return Reply.Of(200, store.Find(path, file => RowJson.Metadata(file.Current)) ?? throw new Refusal(404, missing));
    }

    private Reply Versions(string id) => Reply.Of(200, new JsonArray([.. store.Versions<JsonNode>(id, rows.ToJson)]));

    private Reply Version(string id, string versionId) => Reply.Of(200, store.Version(id, versionId, rows.ToJson));

    private Reply DeleteVersion(string id, string versionId) => Done(() => store.DeleteVersion(id, versionId));

    private Reply Restore(string id, string versionId) => Reply.Of(200, store.Restore(id, versionId, file => rows.ToJson(file, file.Current)));

    private static FileVersion WithoutAiTags(FileVersion version, IReadOnlyList<string> names)
    {
        if (version.AiTags is null)
            return version;
        JsonNode[] kept = [.. version.AiTags.OfType<JsonObject>().Where(tag => !names.Contains((string?)tag["name"] ?? "", StringComparer.Ordinal)).Select(tag => tag.DeepClone())];
        return version with { AiTags = kept.Length == 0 ? null : new JsonArray(kept) };
    }

    private static ImmutableArray<string>? NullWhenEmpty(ImmutableArray<string> tags) => tags.IsEmpty ? null : tags;

    private static JsonArray ToArray(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static string TextOf(JsonNode? node, string name) => node is JsonValue value && value.TryGetValue(out string? text)
        ? text
        : throw new Refusal(400, string.Create(CultureInfo.InvariantCulture, $"Your request contains invalid {name} parameter."));

    private static IReadOnlyList<string> TextsOf(JsonNode? node, string name) => node is JsonArray array
        ? [.. array.Select(item => TextOf(item, name))]
        : throw new Refusal(400, $"Your request contains invalid {name} parameter.");
}
