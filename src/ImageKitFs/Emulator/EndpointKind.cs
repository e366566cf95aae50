namespace ImageKitFs.Emulator;

/// <summary>The names under which requests are counted, logged and matched by fault rules.</summary>
public static class EndpointKind
{
    /// <summary><c>GET /v1/files</c>.</summary>
    public const string List = "list";

    /// <summary><c>GET /v1/files/{id}/details</c>.</summary>
    public const string Details = "details";

    /// <summary><c>PATCH /v1/files/{id}/details</c>.</summary>
    public const string Update = "update";

    /// <summary><c>DELETE /v1/files/{id}</c>.</summary>
    public const string Delete = "delete";

    /// <summary><c>POST /v1/files/batch/deleteByFileIds</c>.</summary>
    public const string BulkDelete = "bulkdelete";

    /// <summary><c>POST /v1/files/copy</c>.</summary>
    public const string Copy = "copy";

    /// <summary><c>POST /v1/files/move</c>.</summary>
    public const string Move = "move";

    /// <summary><c>PUT /v1/files/rename</c>.</summary>
    public const string Rename = "rename";

    /// <summary><c>POST /v1/files/addTags</c>, <c>removeTags</c>, <c>removeAITags</c>.</summary>
    public const string Tags = "tags";

    /// <summary><c>GET /v1/files/{id}/versions</c>.</summary>
    public const string Versions = "versions";

    /// <summary><c>GET /v1/files/{id}/versions/{versionId}</c>.</summary>
    public const string Version = "version";

    /// <summary><c>DELETE /v1/files/{id}/versions/{versionId}</c>.</summary>
    public const string VersionDelete = "version-delete";

    /// <summary><c>PUT /v1/files/{id}/versions/{versionId}/restore</c>.</summary>
    public const string Restore = "restore";

    /// <summary><c>POST /v1/folder</c>.</summary>
    public const string FolderCreate = "folder-create";

    /// <summary><c>DELETE /v1/folder</c>.</summary>
    public const string FolderDelete = "folder-delete";

    /// <summary><c>POST /v1/bulkJobs/copyFolder</c>, <c>moveFolder</c>, <c>renameFolder</c>.</summary>
    public const string JobStart = "job-start";

    /// <summary><c>GET /v1/bulkJobs/{id}</c>.</summary>
    public const string Job = "job";

    /// <summary><c>POST /v1/files/purge</c>.</summary>
    public const string Purge = "purge";

    /// <summary><c>GET /v1/files/purge/{id}</c>.</summary>
    public const string PurgeStatus = "purge-status";

    /// <summary><c>GET /v1/files/{id}/metadata</c> and <c>GET /v1/metadata</c>.</summary>
    public const string Metadata = "metadata";

    /// <summary><c>/v1/customMetadataFields</c>, every method.</summary>
    public const string Fields = "fields";

    /// <summary><c>GET /v1/accounts/usage</c>.</summary>
    public const string Usage = "usage";

    /// <summary><c>/v1/accounts/url-endpoints</c>, every method.</summary>
    public const string UrlEndpoints = "url-endpoints";

    /// <summary><c>/v1/accounts/origins</c>, every method.</summary>
    public const string Origins = "origins";

    /// <summary><c>POST /api/v1/files/upload</c> and its v2 twin.</summary>
    public const string Upload = "upload";

    /// <summary><c>GET</c> or <c>HEAD</c> below the ImageKit id.</summary>
    public const string Delivery = "delivery";

    /// <summary>Everything else: answered 404.</summary>
    public const string Unknown = "unknown";

    /// <summary>Every kind, in the order of the counters.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        List, Details, Update, Delete, BulkDelete, Copy, Move, Rename, Tags, Versions, Version, VersionDelete, Restore, FolderCreate, FolderDelete,
        JobStart, Job, Purge, PurgeStatus, Metadata, Fields, Usage, UrlEndpoints, Origins, Upload, Delivery, Unknown,
    ];
}
