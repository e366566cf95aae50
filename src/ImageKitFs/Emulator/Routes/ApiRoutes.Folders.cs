using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Http;
using ImageKitFs.Emulator.Library;

namespace ImageKitFs.Emulator.Routes;

/// <content>Folders and folder jobs (section 6).</content>
internal sealed partial class ApiRoutes
{
    private Reply CreateFolder(ApiRequest request)
    {
        store.CreateFolder(request.Need("folderName"), request.Need("parentFolderPath"), request.IsV2);
        return Reply.Of(201, new JsonObject());
    }

    private Reply DeleteFolder(ApiRequest request) => Done(() => store.DeleteFolder(request.Need("folderPath")));

    private Reply StartTransfer(JobType type, ApiRequest request)
    {
        // Two names for one flag: the SDK's and that of older documents.
        bool includeVersions = request.Flag("includeVersions") || request.Flag("includeFileVersions");
        string id = store.StartTransfer(type, request.Need("sourceFolderPath"), request.Need("destinationPath"), includeVersions, request.IsV2);
        return Reply.Of(200, new JsonObject { ["jobId"] = id });
    }

    private Reply StartRename(ApiRequest request)
    {
        string id = store.StartRename(request.Need("folderPath"), request.Need("newFolderName"), request.Flag("purgeCache"), request.IsV2);
        return Reply.Of(202, new JsonObject { ["jobId"] = id });
    }

    private Reply Job(string id) => store.Job(id, job =>
    {
        var json = new JsonObject
        {
            ["jobId"] = job.Id,
            ["type"] = job.Type switch
            {
                JobType.CopyFolder => "COPY_FOLDER",
                JobType.MoveFolder => "MOVE_FOLDER",
                JobType.RenameFolder => "RENAME_FOLDER",
            },
            ["status"] = job.IsDone ? "Completed" : "Pending",
        };
        if (job.PurgeRequestId is not null)
            json["purgeRequestId"] = job.PurgeRequestId;
        if (!job.IsDone || !job.PurgeFailed)
            return Reply.Of(200, json);
        json["status"] = "Partial success";
        json["message"] = "Folder renamed successfully but we could not purge the CDN cache for old URL because of rate limits on purge API.";
        json["help"] = Reply.Help;
        return Reply.Of(207, json);
    });
}
