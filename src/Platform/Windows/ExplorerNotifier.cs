using System.Threading.Channels;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Platform.Windows;

/// <summary>Tells the driver what changed elsewhere, so that it drops what it cached and open Explorer windows show it.</summary>
/// <remarks>
/// The driver knows files by path, so only what lies in an open folder, or is open itself, can be named; nobody watches the rest. Sent from a task of its
/// own: the driver holds renames back meanwhile, and a callback that waited for it would wait for itself.
/// </remarks>
internal sealed class ExplorerNotifier(IFileSystem fileSystem, NameIndex names, OpenNodeTable nodes, ILogger log, TimeProvider time, CancellationToken stopping) : IKernelCache
{
    /// <summary>Changes told in one call: a folder that was replaced whole.</summary>
    private const int MaxBatch = 256;

    /// <summary>The driver said "not now": a rename is running.</summary>
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Tries before a batch is dropped; the driver's own timeouts do the work then.</summary>
    private const int MaxTries = 25;

    private readonly Channel<Change> _changes = Channel.CreateUnbounded<Change>(new UnboundedChannelOptions { SingleReader = true });
    private int _isStarted;

    /// <summary>Completes when sending ended.</summary>
    internal Task Completion { get; private set; } = Task.CompletedTask;

    /// <inheritdoc/>
    public void InvalidateEntry(InodeId parent, EntryName name)
    {
        names.Expire(parent);
        _changes.Writer.TryWrite(new Change(parent, name));
    }

    /// <inheritdoc/>
    public void EntryDeleted(InodeId parent, InodeId child, EntryName name) => InvalidateEntry(parent, name);

    /// <inheritdoc/>
    public void InvalidateInode(InodeId inode, bool data) => _changes.Writer.TryWrite(new Change(inode, null));

    /// <summary>A file has other bytes or times; by its path in stored case.</summary>
    internal void Changed(string path) => _changes.Writer.TryWrite(new Change(default, null) { Path = path });

    internal void Start(IHostPort host)
    {
        if (Interlocked.Exchange(ref _isStarted, 1) == 0)
            Completion = Task.Run(() => SendAllAsync(host));
    }

    private async Task SendAllAsync(IHostPort host)
    {
        try
        {
            while (await _changes.Reader.WaitToReadAsync(stopping))
            {
                List<NameChange> batch = [];
                while (batch.Count < MaxBatch && _changes.Reader.TryRead(out Change change))
                {
                    if (await ResolveAsync(change) is { } resolved)
                        batch.Add(resolved);
                }

                if (batch.Count > 0)
                    await SendAsync(host, batch);
            }
        }
        catch (OperationCanceledException)
        {
            // Unmounted: nobody is left to be told.
        }
    }

    private async Task SendAsync(IHostPort host, List<NameChange> batch)
    {
        int status = NtStatus.STATUS_CANT_WAIT;
        for (int tries = 0; tries < MaxTries && status == NtStatus.STATUS_CANT_WAIT; tries++)
        {
            if (tries > 0)
                await Task.Delay(BusyPause, time, stopping);
            status = host.Notify(batch);
        }

        if (status < 0)
            WinFspLog.NotifyRefused(log, status);
    }

    /// <summary>Whether a name that changed is there now, and its path; null when nobody can be watching it.</summary>
    private async ValueTask<NameChange?> ResolveAsync(Change change)
    {
        if (change.Path is { } path)
            return new NameChange(path, NameChangeKind.Modified, IsFolder: false);
        if (!nodes.TryGet(change.Inode, out OpenNode? node))
            return null;
        if (change.Name is not { } name)
            return new NameChange(node.Path, NameChangeKind.Modified, node.IsFolder);
        FsResult<AttrReply> folder = await fileSystem.GetAttrAsync(node.Inode, stopping);
        if (!folder.Ok)
            return null;
        FsResult<Entry> found = await fileSystem.LookupAsync(node.Inode, name, stopping);
        if (!found.Ok)
        {
            if (found.Error != FsError.NotFound)
                return null; // Not to be learnt now; the driver's own timeouts do the work.
            string gone = names.ShownOf(folder.Value.Attr.Ino, name.Value);
            names.Removed(folder.Value.Attr.Ino, name.Value);
            return new NameChange(PathWalker.Join(node.Path, gone), NameChangeKind.Removed, IsFolder: false);
        }

        fileSystem.Forget(found.Value.Inode, count: 1);
        string shown = names.Added(folder.Value.Attr.Ino, name.Value);
        return new NameChange(PathWalker.Join(node.Path, shown), NameChangeKind.Added, found.Value.Attr.Kind == FileKind.Directory);
    }

    /// <summary>A name in a folder, or without one the inode itself; or a path, of which all is known.</summary>
    private readonly record struct Change(InodeId Inode, EntryName? Name)
    {
        internal string? Path { get; init; }
    }
}
