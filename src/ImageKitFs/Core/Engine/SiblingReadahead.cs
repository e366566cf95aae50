using ImageKitFs.Core.Content;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Tree;

namespace ImageKitFs.Core.Engine;

/// <summary>Fetches the next files of a folder before they are opened, once its files are read whole in turn: cp -r, cat *, tar, a file manager's copy.</summary>
/// <remarks>
/// Evidence are files read to their end and opened one after the other in an order that we know (<see cref="SiblingOrders"/>). Then two files are fetched
/// ahead, and twice as many after each that was read whole; never more than twice the bytes read so far, nor than <see cref="MaxBytesAhead"/>. A file opened
/// out of order, or closed before half of what was brought was read, ends this and cancels what is on its way. Programs that look at headers read files of one block
/// whole as well: while only such files were read, no more than the first block of the others is fetched.
/// Locks: the gate, then the volume's.
/// </remarks>
internal sealed class SiblingReadahead(Volume volume) : IAsyncDisposable
{
    /// <summary>24 files: 50 ms each, that is 480 a second, more than programs open; and a third of the connections.</summary>
    private const int MaxFilesAhead = 24;

    /// <summary>32 MiB: a third of a second at 1 Gbit/s.</summary>
    private const long MaxBytesAhead = 32 << 20;

    /// <summary>4 MiB: of larger files only the beginning; the rest is read ahead like that of any other.</summary>
    private const long MaxBytesOfOne = 4 << 20;

    /// <summary>What a program looks at to learn what a file is; one block of the cache.</summary>
    private const long SniffedBytes = 64 << 10;

    /// <summary>Folders in which programs read at the same time.</summary>
    private const int MaxRuns = 8;

    /// <summary>Files looked at in one call, so that a folder that is all local costs little.</summary>
    private const int MaxLooks = 256;

    /// <summary>A program that copies folders opens the next one at once.</summary>
    private static readonly TimeSpan TrustLifetime = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly LinkedList<SiblingRun> _runs = new(); // the one used last first
    private readonly HashSet<Task> _fetches = [];
    private SiblingRun? _trusted;
    private long _trustedAt;
    private bool _disposed;

    /// <summary>A clean file is opened for reading.</summary>
    /// <returns>True when it was fetched ahead: how much of it is read now shows whether that was right, so the kernel's own readahead must not blur it.</returns>
    public bool Opened(FileInode file)
    {
        CancellationTokenSource? broken = null;
        bool wasAhead;
        lock (_gate)
        {
            if (_disposed || !TryFindRow(file, out FolderInode folder, out Listing listing, out int row))
                return false;
            SiblingRun run = RunIn(folder, listing);
            wasAhead = run.Ahead.ContainsKey(row);
            if (!run.TryOpen(row, MaxFilesAhead))
                broken = run.Break(row);
            Pump(run);
        }

        _ = broken?.CancelAsync(); // what follows must not run in the caller, who reads requests
        return wasAhead;
    }

    /// <summary>All of a file was asked for through one handle, by a program and not by the kernel.</summary>
    public void ReadWhole(FileInode file, long size)
    {
        lock (_gate)
        {
            if (_disposed || Find(file.Parent) is not { } run)
                return;
            run.ReadWhole(size);
            if (run.Orders is null)
                Sort(run);
            else if (run.OpenedCount == 1 && IsTrusting())
                Follow(run, _trusted!);
            if (run.Window > 0)
                (_trusted, _trustedAt) = (run, volume.Time.GetTimestamp());
        }
    }

    /// <summary>A handle was closed after a program had asked for so many bytes through it.</summary>
    public void Closed(FileInode file, long askedBytes)
    {
        if (askedBytes == 0)
            return;
        CancellationTokenSource? broken = null;
        lock (_gate)
        {
            if (Find(file.Parent) is not { } run || askedBytes >= Math.Min(file.Size, MostOfOne(run)) / 2)
                return;
            _trusted = null;
            broken = run.Break(run.Last);
        }

        _ = broken?.CancelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Task[] fetches;
        SiblingRun[] runs;
        lock (_gate)
        {
            _disposed = true;
            fetches = [.. _fetches];
            runs = [.. _runs];
        }

        foreach (SiblingRun run in runs)
            await run.Stop.CancelAsync();
        await Task.WhenAll(fetches);
    }

    private bool IsTrusting() => _trusted is not null && volume.Time.GetElapsedTime(_trustedAt) <= TrustLifetime;

    private SiblingRun? Find(FolderInode? folder)
    {
        foreach (SiblingRun run in _runs)
        {
            if (run.Folder == folder)
                return run;
        }

        return null;
    }

    private SiblingRun RunIn(FolderInode folder, Listing listing)
    {
        SiblingRun? run = Find(folder);
        if (run is not null)
            _runs.Remove(run);
        if (run?.Listing != listing)
            run = run?.Over(listing) ?? new SiblingRun(folder, listing);
        if (run.Window > 0)
            Sort(run); // listed anew
        _runs.AddFirst(run);
        if (_runs.Count > MaxRuns)
            _runs.RemoveLast();
        return run;
    }

    private bool TryFindRow(FileInode file, out FolderInode folder, out Listing listing, out int row)
    {
        folder = null!;
        listing = null!;
        row = -1;
        string? id;
        lock (volume.Lock)
        {
            id = file.ObjectId;
            if (id is null || file.Parent is not { IsLocalOnly: false } parent || !volume.Tree.TryPeek(parent.RemotePath, out Listing? known, out _))
                return false;
            (folder, listing) = (parent, known);
        }

        if (!listing.TryFindId(id, out Row found))
            return false;
        row = found.Index;
        return true;
    }

    /// <summary>Sorts a folder's files, elsewhere: there may be a hundred thousand.</summary>
    private void Sort(SiblingRun run)
    {
        if (run.IsSorting)
            return;
        run.IsSorting = true;
        SiblingRun? before = IsTrusting() ? _trusted : null;
        Track(Task.Run(() =>
        {
            SiblingOrders orders = SiblingOrders.Of(run.Listing, row =>
            {
                lock (volume.Lock)
                    return volume.Names.InoOf(run.Listing[row]);
            });
            lock (_gate)
            {
                run.Sorted(orders, MaxFilesAhead);
                if (before is not null && run.OpenedCount == 1)
                    Follow(run, before);
                else
                    Pump(run);
            }
        }));
    }

    /// <summary>The first file of a folder was read whole, just after those of another one: so it goes on; under the gate.</summary>
    private void Follow(SiblingRun run, SiblingRun before)
    {
        run.Trust(before);
        Pump(run);
    }

    /// <summary>Bytes of one file to have here before it is opened.</summary>
    private static long MostOfOne(SiblingRun run) => run.LargestWhole <= SniffedBytes ? SniffedBytes : MaxBytesOfOne;

    /// <summary>Asks for the next files, as far as the run allows; under the gate.</summary>
    private void Pump(SiblingRun run)
    {
        if (_disposed || run is not { Window: > 0, Orders: { } orders })
            return;
        long most = Math.Min(MaxBytesAhead, 2 * run.WholeBytes);
        long ofOne = MostOfOne(run);
        int place = Math.Max(run.AskedUpTo, orders.PlaceOf(run.Order, run.Last)) + 1;
        for (int looks = 0; looks < MaxLooks && place < orders.Length && run.Ahead.Count < run.Window; looks++, place++)
        {
            int row = orders.RowAt(run.Order, place);
            long bytes = Math.Min(run.Listing[row].Size, ofOne);
            if (run.Ahead.Count > 0 && run.AheadBytes + bytes > most)
                return;
            if (volume.Content.IsBusy)
                return;
            run.AskedUpTo = place;
            if (bytes == 0 || run.Ahead.ContainsKey(row) || TryBind(run, row) is not { } file)
                continue;
            run.Add(row, bytes);
            CancellationToken stop = run.Stop.Token;
            Track(Task.Run(() => FetchAsync(run, file.Inode, file.Version, bytes, stop)));
        }
    }

    /// <summary>The file of a row, when what the library lists is what the folder shows and not all of it is local.</summary>
    private (FileInode Inode, RemoteVersion Version)? TryBind(SiblingRun run, int index)
    {
        Row row = run.Listing[index];
        RemoteVersion listed = RemoteVersion.From(row);
        if (volume.Content.IsComplete(listed.Key, listed.Size))
            return null;
        lock (volume.Lock)
        {
            FolderInode folder = run.Folder;
            if (!folder.IsLinked && folder != volume.Names.Root)
                return null;
            return volume.Names.Find(folder, row.Name, run.Listing) is FileInode { Overlay: OverlayState.Listed, Dirty: null } file && listed.IsSameAs(file.Base)
                ? (file, listed)
                : null;
        }
    }

    private async Task FetchAsync(SiblingRun run, FileInode inode, RemoteVersion version, long bytes, CancellationToken stop)
    {
        FsError error;
        using (CachedContent content = volume.Content.Acquire(version.Key, version.Size, new VersionLocator(volume, inode, version)))
            error = await content.FetchAsync(bytes, stop);
        lock (volume.Lock)
            volume.Names.DropIfUnused(inode);
        if (error == FsError.None || stop.IsCancellationRequested)
            return;

        // Who reads it will be told why; more of the kind would not help.
        CancellationTokenSource broken;
        lock (_gate)
            broken = run.Break(run.Last);
        await broken.CancelAsync();
    }

    /// <summary>Under the gate.</summary>
    private void Track(Task fetch)
    {
        _fetches.Add(fetch);
        _ = fetch.ContinueWith(
            static (done, state) => ((SiblingReadahead)state!).Untrack(done), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void Untrack(Task fetch)
    {
        lock (_gate)
            _fetches.Remove(fetch);
    }
}
