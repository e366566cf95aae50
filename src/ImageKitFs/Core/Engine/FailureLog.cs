using ImageKitFs.Core.Api;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Engine;

/// <summary>
/// One line for each call of a program that failed for a reason that is not its own (EIO, ENOSPC, EACCES, ...): operation, path, error, cause and the request's
/// id. A warning where nothing has said why; where a warning about it is in the log already, for this file or for all requests, an information. Where that
/// warning was written for this very path and call, it is the line.
/// </summary>
internal sealed class FailureLog(Volume volume, Func<InodeId, string?> shownPath, ApiCounters api, OperationCounters counters, CountingLogger log)
{
    /// <summary>A program that goes on failing in a loop must not fill the disk: beyond so many a second they are counted only.</summary>
    private const int MaxLinesPerSecond = 50;

    /// <summary>The cause is noted a moment before its caller hears of it.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _secondBegan;
    private int _linesInSecond;
    private long _leftOut;

    /// <summary>For <see cref="Failed"/>: what the log had when the call began.</summary>
    public long Begin(FsOperation operation)
    {
        counters.Called(operation);
        return log.Warnings;
    }

    /// <summary>A call failed.</summary>
    /// <param name="operation">What was asked for.</param>
    /// <param name="error">What the program gets; what belongs to ordinary work is passed over.</param>
    /// <param name="inode">The object, or the folder that <paramref name="name"/> is in.</param>
    /// <param name="name">Null: the object itself.</param>
    /// <param name="warnings">What <see cref="Begin"/> gave.</param>
    /// <param name="since">When it began, if it took a while.</param>
    public void Failed(FsOperation operation, FsError error, InodeId inode, string? name, long warnings, DateTimeOffset? since)
    {
        // Who reads the mount's own files hears the error from the command that does so.
        if (FailureWords.ErrnoOf(error) is not { } errno || VirtualFolder.IsOwn(inode))
            return;
        DateTimeOffset now = volume.Time.GetUtcNow();
        (string path, string? remote, string? folder) = PathOf(inode, name);
        DateTimeOffset begun = (since ?? now) - Slack;
        FailedCall[] calls = [.. api.LastFailed().TakeWhile(call => call.At >= begun)];
        FailedCall? call = CauseOf(error, remote, folder, calls);
        string cause = call?.Error.Message ?? FailureWords.CauseOf(error);
        string requestId = call?.Error.RequestId ?? "";
        string word = FailureWords.WordOf(operation);
        counters.Failed(operation, error, new OperationFailure(now, word, path, errno, cause, requestId));
        if (calls.Any(of => of.Subject == remote && IsOutcome(of, error) && of.TryTakeLine(begun)))
            return;
        if (!MayWrite(out long leftOut))
            return;
        bool isTold = call is { Error.IsTold: true } || log.Warnings != warnings;
        LogLevel level = isTold ? LogLevel.Information : LogLevel.Warning;
        log.OperationFailed(level, word, path, errno, cause, requestId.Length > 0 ? $" [request {requestId}]" : "", leftOut > 0 ? $" ({leftOut} more calls failed before.)" : "");
    }

    /// <summary>The request that failed for it: about this path, else about its folder, else any with that outcome since the call began.</summary>
    private static FailedCall? CauseOf(FsError error, string? remote, string? folder, FailedCall[] calls)
    {
        FailedCall[] fitting = [.. calls.Where(call => IsOutcome(call, error))];
        return Array.Find(fitting, call => call.Subject == remote) ?? Array.Find(fitting, call => call.Subject == folder) ?? fitting.FirstOrDefault();
    }

    private static bool IsOutcome(FailedCall call, FsError error) => call.Error.ToFsError() == error || call.Error.ToReadError() == error;

    private (string Path, string? Remote, string? Folder) PathOf(InodeId id, string? name)
    {
        if (shownPath(id) is { } shown)
            return (name is null ? shown : $"{shown}/{name}", null, null);
        lock (volume.Lock)
        {
            if (!volume.Names.TryGet(id, out Inode? inode))
                return (name ?? "(a file that is gone)", null, null);
            string local = volume.Names.LocalPathOf(inode);
            string remote = Namespace.RemotePathOf(inode);
            if (name is null)
                return (local, remote, inode.Parent?.RemotePath);
            string? remoteName = inode is FolderInode found && volume.TryRemoteName(found, EntryName.Of(name), isFolder: false, out string spelled) == FsError.None ? spelled : null;
            return ($"{local.TrimEnd('/')}/{name}", remoteName is null ? null : RemotePath.Combine(remote, remoteName), remote);
        }
    }

    private bool MayWrite(out long leftOut)
    {
        long now = volume.Time.GetTimestamp();
        lock (_lock)
        {
            if (volume.Time.GetElapsedTime(_secondBegan, now) >= TimeSpan.FromSeconds(1))
            {
                _secondBegan = now;
                _linesInSecond = 0;
            }

            leftOut = _leftOut;
            if (_linesInSecond++ >= MaxLinesPerSecond)
            {
                _leftOut++;
                return false;
            }

            _leftOut = 0;
            return true;
        }
    }
}
