using ImageKitFs.Emulator.Http;
using ImageKitFs.Emulator.Library;

namespace ImageKitFs.Emulator.Routes;

/// <summary>What a management call is: its kind, whether it changes something, and who answers it.</summary>
internal sealed record ApiRoute(string Kind, bool IsWrite, Func<ApiRequest, Reply> Answer);

/// <summary>The table of the management API (section 14.1), the same for <c>/v1</c> and <c>/v2</c>.</summary>
internal sealed partial class ApiRoutes(MediaStore store, Cdn cdn, RowJson rows, RequestCounters counters, TimeProvider time, Func<EmulatorOptions> options)
{
    private static readonly ApiRoute Unknown = new(EndpointKind.Unknown, IsWrite: false, _ => Reply.Error(404, "The requested endpoint does not exist."));

    /// <summary>Finds the route. Fixed names come before ids: <c>files/purge</c> is no file.</summary>
    public ApiRoute Find(string method, string[] segments) => (method, segments) switch
    {
        ("GET", ["files"]) => Read(EndpointKind.List, List),
        ("POST", ["files", "copy"]) => Write(EndpointKind.Copy, CopyFile),
        ("POST", ["files", "move"]) => Write(EndpointKind.Move, MoveFile),
        ("PUT", ["files", "rename"]) => Write(EndpointKind.Rename, RenameFile),
        ("POST", ["files", "batch", "deleteByFileIds"]) => Write(EndpointKind.BulkDelete, BulkDelete),
        ("POST", ["files", "addTags"]) => Write(EndpointKind.Tags, AddTags),
        ("POST", ["files", "removeTags"]) => Write(EndpointKind.Tags, RemoveTags),
        ("POST", ["files", "removeAITags"]) => Write(EndpointKind.Tags, RemoveAiTags),
        ("POST", ["files", "purge"]) => Write(EndpointKind.Purge, Purge),
        ("GET", ["files", "purge", var id]) => Read(EndpointKind.PurgeStatus, _ => PurgeStatus(id)),
        ("GET", ["metadata"]) => Read(EndpointKind.Metadata, MetadataOfUrl),
        (_, ["files", "copy" or "move" or "rename" or "batch" or "addTags" or "removeTags" or "removeAITags" or "purge", ..]) => Unknown,

        ("GET", ["files", var id, "details"]) => Read(EndpointKind.Details, _ => Details(id)),
        ("PATCH", ["files", var id, "details"]) => Write(EndpointKind.Update, request => Update(id, request)),
        ("DELETE", ["files", var id]) => Write(EndpointKind.Delete, _ => Delete(id)),
        ("GET", ["files", var id, "metadata"]) => Read(EndpointKind.Metadata, _ => Metadata(id)),
        ("GET", ["files", var id, "versions"]) => Read(EndpointKind.Versions, _ => Versions(id)),
        ("GET", ["files", var id, "versions", var version]) => Read(EndpointKind.Version, _ => Version(id, version)),
        ("DELETE", ["files", var id, "versions", var version]) => Write(EndpointKind.VersionDelete, _ => DeleteVersion(id, version)),
        ("PUT", ["files", var id, "versions", var version, "restore"]) => Write(EndpointKind.Restore, _ => Restore(id, version)),

        ("POST", ["folder"]) => Write(EndpointKind.FolderCreate, CreateFolder),
        ("DELETE", ["folder"]) => Write(EndpointKind.FolderDelete, DeleteFolder),
        ("POST", ["bulkJobs", "copyFolder"]) => Write(EndpointKind.JobStart, request => StartTransfer(JobType.CopyFolder, request)),
        ("POST", ["bulkJobs", "moveFolder"]) => Write(EndpointKind.JobStart, request => StartTransfer(JobType.MoveFolder, request)),
        ("POST", ["bulkJobs", "renameFolder"]) => Write(EndpointKind.JobStart, StartRename),
        ("GET", ["bulkJobs", var id]) => Read(EndpointKind.Job, _ => Job(id)),

        ("GET", ["customMetadataFields"]) => Read(EndpointKind.Fields, request => Reply.Of(200, store.Account.Fields.All(request.Query("includeDeleted") == "true"))),
        ("POST", ["customMetadataFields"]) => Write(EndpointKind.Fields, request => Reply.Of(201, store.Account.Fields.Create(request.Body))),
        ("PATCH", ["customMetadataFields", var id]) => Write(EndpointKind.Fields, request => Reply.Of(200, store.Account.Fields.Update(id, request.Body))),
        ("DELETE", ["customMetadataFields", var id]) => Write(EndpointKind.Fields, _ => Done(() => store.Account.Fields.Delete(id))),

        ("GET", ["accounts", "usage"]) => Read(EndpointKind.Usage, Usage),
        (_, ["accounts", "url-endpoints", .. var rest]) => Objects(EndpointKind.UrlEndpoints, origins: false, method, rest),
        (_, ["accounts", "origins", .. var rest]) => Objects(EndpointKind.Origins, origins: true, method, rest),
        _ => Unknown,
    };

    private static ApiRoute Read(string kind, Func<ApiRequest, Reply> answer) => new(kind, IsWrite: false, answer);

    private static ApiRoute Write(string kind, Func<ApiRequest, Reply> answer) => new(kind, IsWrite: true, answer);

    private static Reply Done(Action effect)
    {
        effect();
        return Reply.Empty(204);
    }

    private ApiRoute Objects(string kind, bool origins, string method, string[] rest) => (method, rest) switch
    {
        ("GET", []) => Read(kind, _ => Reply.Of(200, store.Account.All(origins))),
        ("POST", []) => Write(kind, request => Reply.Of(201, store.Account.Create(origins, request.Body))),
        ("GET", [var id]) => Read(kind, _ => Reply.Of(200, store.Account.Get(origins, id))),
        ("PUT", [var id]) => Write(kind, request => Reply.Of(200, store.Account.Replace(origins, id, request.Body))),
        ("DELETE", [var id]) => Write(kind, _ => Done(() => store.Account.Delete(origins, id))),
        _ => Unknown,
    };
}
