using System.Globalization;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <content>A conflict: ours is stored under a name beside theirs.</content>
internal sealed partial class ContentPusher
{
    /// <summary>A hundred conflict copies of one file on one day: then something else is wrong.</summary>
    private const int MaxConflictNames = 100;

    /// <summary>Uploads under the first free conflict name; the inode and its handles go there, the old name shows what the library has.</summary>
    /// <remarks>
    /// The name is journaled before anything is sent. When the reply is lost, or the process dies before it, the upload is repeated under that name and no
    /// other: it is exclusive, and "already exists" is then either our own or, seldom, a stranger's.
    /// </remarks>
    private async Task<PushResult> PushBesideAsync(ContentOp op, CancellationToken ct)
    {
        string? earlier;
        string localName;
        lock (volume.Lock)
        {
            earlier = op.BesideName;
            localName = op.Inode.Name;
            if (earlier is null)
                op.Resolve(); // What is under the name is not ours; from here on a doubt is about the conflict name.
        }

        if (earlier is not null && await SendBesideAsync(op, earlier, ct) is { } repeated)
            return repeated;
        for (int attempt = 1; attempt <= MaxConflictNames; attempt++)
        {
            string conflict = ConflictName(localName, attempt);
            if (conflict != earlier && !IsKnown(op, conflict) && await SendBesideAsync(op, conflict, ct) is { } sent)
                return sent;
        }

        return PushResult.Refuse(FsError.Exists, "no free conflict name");
    }

    /// <summary>A name that is seen to be taken costs no upload.</summary>
    private bool IsKnown(ContentOp op, string conflict)
    {
        lock (volume.Lock)
        {
            return (op.Inode.Parent is { } folder && folder.Dentries.ContainsKey(conflict))
                || (volume.Tree.TryPeek(RemotePath.Parent(op.Path), out Listing listing, out _) && listing.TryFind(conflict, out _));
        }
    }

    /// <summary>One attempt under one conflict name. Null: someone else has it.</summary>
    private async Task<PushResult?> SendBesideAsync(ContentOp op, string conflict, CancellationToken ct)
    {
        if (volume.NameMap.TryToRemote(conflict, isFolder: false, out string remote) != FsError.None)
            return PushResult.Refuse(FsError.NameTooLong, "the conflict name is too long");
        string path = RemotePath.Combine(RemotePath.Parent(op.Path), remote);
        lock (volume.Lock)
            op.BesideName = conflict;
        if (await JournalSentAsync(op) is { } failure)
            return failure;
        volume.Passed(Step.BesideJournaled);
        ApiResult<UploadReply> sent = await volume.Library.UploadAsync(RequestFor(op, BesideOf(op), path, overwrite: false), bytesSent: null, ct);
        RemoteVersion? current = null;
        if (!sent.Ok && sent.Error.Kind == ApiErrorKind.AlreadyExists)
        {
            if (op.AmbiguousSince is not { } since)
                return null;
            (LibraryRow? found, PushResult why) = await FindTakenAsync(path, ct);
            if (found is not { } row)
                return why;
            if (!IsSizeOfOurs(op, row) || row.CreatedAt < since - ClockAllowance)
            {
                lock (volume.Lock)
                    op.Resolve();
                return null;
            }

            current = RemoteVersion.From(row);
            if (IsOnlyThisGeneration(op, row))
                return await PublishBesideAsync(op, conflict, remote, current);
            sent = await volume.Library.UploadAsync(RequestFor(op, current, path, overwrite: true), bytesSent: null, ct);
        }

        if (!sent.Ok)
        {
            if (sent.Error.MayHaveHappened)
            {
                lock (volume.Lock)
                    op.Doubt(op.SentAt ?? volume.Time.GetUtcNow());
            }

            return PushResult.From(sent.Error);
        }

        volume.Passed(Step.BesideReplied);
        return sent.Value.FilePath == path
            ? await PublishBesideAsync(op, conflict, remote, VersionOf(op, current ?? BesideOf(op), sent.Value))
            : await MisplacedAsync(path, sent.Value, ct);
    }

    private async Task<PushResult> PublishBesideAsync(ContentOp op, string conflict, string remote, RemoteVersion version)
    {
        FsError published = await publisher.CommittedBesideAsync(op, EntryName.Of(conflict), remote, version);
        return published == FsError.None ? PushResult.Done : PushResult.RetryLater(published, "the journal could not be written");
    }

    /// <summary>What a copy beside the file has of it: above all it must not be public when either version is private.</summary>
    private RemoteVersion? BesideOf(ContentOp op)
    {
        lock (volume.Lock)
        {
            RemoteVersion? theirs = op.Inode.Dirty?.Foreign;
            return op.Inode.Base is { } own ? own with { IsPrivate = own.IsPrivate || theirs is { IsPrivate: true } } : theirs is null ? null : theirs with { CustomCoordinates = null, Description = null };
        }
    }

    private string ConflictName(string name, int attempt)
    {
        int dot = name.LastIndexOf('.');
        string stem = dot > 0 ? name[..dot] : name;
        string extension = dot > 0 ? name[dot..] : "";
        string date = volume.Time.GetLocalNow().ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        string number = attempt == 1 ? "" : $"-{attempt}";
        return $"{stem}_conflict-{date}-{volume.Options.HostName}{number}{extension}";
    }
}
