namespace ImageKitFs.Core.Engine;

/// <summary>The instants at which a crash leaves another state behind. Crash tests end the process at each of them, by these names.</summary>
internal static class Step
{
    /// <summary>The spool file and its name are on disk; the journal does not know it.</summary>
    public const string SpoolSynced = "spool-synced";

    /// <summary>The journal has the generation: a close in journal mode is acknowledged from here on.</summary>
    public const string Sealed = "sealed-journaled";

    public const string UploadBegun = "upload-begun";

    /// <summary>The journal says that an upload may have been stored; it goes out next.</summary>
    public const string SentJournaled = "sent-journaled";

    /// <summary>The journal has the conflict name that an upload goes out under next.</summary>
    public const string BesideJournaled = "beside-journaled";

    /// <summary>The service has it under the conflict name; the journal does not know.</summary>
    public const string BesideReplied = "beside-replied";

    public const string ReplyReceived = "reply-received";

    public const string ReplyJournaled = "reply-journaled";

    /// <summary>The spool file is a file of the cache.</summary>
    public const string Adopted = "adopted";

    /// <summary>The upload is over; whoever waits for it is told next.</summary>
    public const string Published = "published";

    /// <summary>The service has renamed the file that is in the way; the journal does not know.</summary>
    public const string RenameParked = "rename-parked";

    public const string ParkJournaled = "park-journaled";

    /// <summary>The service has the file under its new name; the journal does not know.</summary>
    public const string RenameMoved = "rename-moved";

    /// <summary>What was parked is deleted; the rename is not yet journaled as done.</summary>
    public const string RenameCleaned = "rename-cleaned";

    public const string RenameFinished = "rename-finished";

    public const string DeleteSending = "delete-sending";

    public const string DeleteReplied = "delete-replied";

    public const string DeleteJournaled = "delete-journaled";

    /// <summary>The folder's rename or move is journaled and asked for next.</summary>
    public const string JobJournaled = "job-journaled";

    /// <summary>The service has answered with a job; the journal does not have its id.</summary>
    public const string JobStarted = "job-started";

    public const string JobIdJournaled = "job-id-journaled";

    /// <summary>One job of a folder's move is over; another one may follow.</summary>
    public const string JobEnded = "job-ended";

    public const string JobPublished = "job-published";

    public const string MkdirReplied = "mkdir-replied";

    public const string MkdirJournaled = "mkdir-journaled";

    /// <summary>The service has deleted a folder; the journal does not know.</summary>
    public const string FolderDeleted = "folder-deleted";

    public const string FolderDeleteJournaled = "folder-delete-journaled";
}
