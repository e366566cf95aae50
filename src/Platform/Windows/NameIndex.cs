using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Platform.Windows;

/// <summary>Finds names as Windows does: in any case, under the form in which they are shown. The port knows exact local names only.</summary>
/// <remarks>
/// Remembers the names of the folders used last. That memory decides which name is meant; whether it exists is always asked of the port, so a stale memory can
/// only miss another spelling of a name that appeared elsewhere within <see cref="MaxAge"/>. Changes made through the mount are told by
/// <see cref="Added"/> and <see cref="Removed"/>. A folder is known by its inode number, which outlives forget.
/// </remarks>
internal sealed class NameIndex(IFileSystem fileSystem, TimeProvider time)
{
    /// <summary>As long as the driver trusts a folder's names (DirInfoTimeout).</summary>
    internal static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    /// <summary>Folders whose names are remembered: more than programs work in at once, and few enough to be searched one by one.</summary>
    internal const int MaxFolders = 64;

    /// <summary>Readings of one folder that may be overtaken by changes made through the mount before the last one is taken as it is.</summary>
    private const int MaxReadings = 3;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Folder> _folders = [];
    private ulong _uses;

    /// <summary>Finds a name and counts one lookup.</summary>
    /// <param name="parent">The folder, looked up by the caller.</param>
    /// <param name="asked">One component as Windows wrote it.</param>
    /// <param name="ct">Ends the wait.</param>
    internal async ValueTask<FsResult<NamedEntry>> LookupAsync(Entry parent, string asked, CancellationToken ct)
    {
        if (TryFind(parent, asked, out string local, out string shown, out bool isFresh))
        {
            FsResult<NamedEntry> known = await LookupExactAsync(parent, local, shown, ct);
            if (known.Ok || known.Error != FsError.NotFound)
                return known;
            Removed(parent.Attr.Ino, local);
            isFresh = false;
        }

        if (!isFresh)
        {
            FsError error = await ReadNamesAsync(parent, ct);
            if (error != FsError.None)
                return error;
            if (TryFind(parent, asked, out local, out shown, out _))
                return await LookupExactAsync(parent, local, shown, ct);
        }

        // Not listed: made elsewhere since, or one of the names that are there only when asked for.
        FsError parsed = WindowsNames.TryToLocal(asked, out EntryName name);
        if (parsed != FsError.None)
            return parsed;
        FsResult<Entry> exact = await fileSystem.LookupAsync(parent.Inode, name, ct);
        if (!exact.Ok)
            return exact.Error;
        shown = Added(parent.Attr.Ino, name.Value);
        if (CaseFolding.Same(shown, asked))
            return new NamedEntry(exact.Value, name, shown);

        // It has a suffix, given while another name had the plain form: one name must not be two files' or one file have two names.
        fileSystem.Forget(exact.Value.Inode, count: 1);
        return FsError.NotFound;
    }

    /// <summary>Takes a folder's names as just read.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="rows">All that is in it.</param>
    /// <param name="since">What <see cref="VersionOf"/> said before the reading began.</param>
    /// <returns>The names as they are shown, in the order of <paramref name="rows"/>.</returns>
    internal List<string> Show(Entry folder, List<FolderRow> rows, ulong since)
    {
        lock (_lock)
        {
            Folder known = Use(folder.Attr.Ino);
            known.Names.Replace(rows.Select(row => row.Local));
            known.Inode = folder.Inode;
            known.ReadAt = known.Version == since ? time.GetTimestamp() : null;
            return rows.ConvertAll(row => known.Names.TryGetShown(row.Local, out string? shown) ? shown : row.Local);
        }
    }

    /// <summary>Grows with each change made through the mount in a folder.</summary>
    internal ulong VersionOf(ulong folderIno)
    {
        lock (_lock)
            return Use(folderIno).Version;
    }

    /// <summary>A name is in the folder now.</summary>
    /// <returns>How it is shown.</returns>
    internal string Added(ulong folderIno, string local)
    {
        lock (_lock)
        {
            Folder folder = Use(folderIno);
            folder.Version++;
            return folder.Names.Add(local);
        }
    }

    /// <summary>A name is in the folder no more.</summary>
    internal void Removed(ulong folderIno, string local)
    {
        lock (_lock)
        {
            Folder folder = Use(folderIno);
            folder.Version++;
            folder.Names.Remove(local);
        }
    }

    /// <summary>How a local name is shown, also one that is no more; without changing what is remembered.</summary>
    internal string ShownOf(ulong folderIno, string local)
    {
        lock (_lock)
            return Use(folderIno).Names.TryGetShown(local, out string? shown) ? shown : WindowsNames.ToShown(local);
    }

    /// <summary>Something changed in the folder elsewhere: it is read anew when a name is not found.</summary>
    internal void Expire(InodeId folder)
    {
        lock (_lock)
        {
            foreach (Folder known in _folders.Values)
            {
                if (known.Inode == folder)
                    known.ReadAt = null;
            }
        }
    }

    private bool TryFind(Entry parent, string asked, out string local, out string shown, out bool isFresh)
    {
        lock (_lock)
        {
            Folder folder = Use(parent.Attr.Ino);
            isFresh = folder.ReadAt is { } readAt && time.GetElapsedTime(readAt) < MaxAge;
            // Until a folder was read whole once, nobody knows which of two names is the plain one.
            if (folder.Inode != default && folder.Names.TryFind(asked, out string? found, out string? stored))
            {
                (local, shown) = (found, stored);
                return true;
            }
        }

        (local, shown) = ("", "");
        return false;
    }

    private async ValueTask<FsResult<NamedEntry>> LookupExactAsync(Entry parent, string local, string shown, CancellationToken ct)
    {
        var name = EntryName.Of(local);
        FsResult<Entry> found = await fileSystem.LookupAsync(parent.Inode, name, ct);
        return found.Ok ? new NamedEntry(found.Value, name, shown) : found.Error;
    }

    private async ValueTask<FsError> ReadNamesAsync(Entry folder, CancellationToken ct)
    {
        for (int reading = 0; reading < MaxReadings; reading++)
        {
            ulong version = VersionOf(folder.Attr.Ino);
            FsResult<List<FolderRow>> rows = await FolderReader.ReadAsync(fileSystem, folder.Inode, withAttributes: false, ct);
            if (!rows.Ok)
                return rows.Error;
            Show(folder, rows.Value, version);
            if (VersionOf(folder.Attr.Ino) == version)
                break;
        }

        return FsError.None;
    }

    private Folder Use(ulong ino)
    {
        if (!_folders.TryGetValue(ino, out Folder? folder))
        {
            folder = new Folder();
            _folders.Add(ino, folder);
        }

        if (folder.LastUse == 0)
            EvictOne();
        folder.LastUse = ++_uses;
        return folder;
    }

    /// <summary>Makes room for one more folder in use. Choices made at clashes stay.</summary>
    private void EvictOne()
    {
        ulong oldest = 0;
        Folder? victim = null;
        int inUse = 0;
        foreach ((ulong ino, Folder folder) in _folders)
        {
            if (folder.LastUse == 0)
                continue;
            inUse++;
            if (victim is null || folder.LastUse < victim.LastUse)
                (oldest, victim) = (ino, folder);
        }

        if (victim is null || inUse < MaxFolders)
            return;
        victim.Forget();
        if (!victim.Names.HasChoices)
            _folders.Remove(oldest);
    }

    private sealed class Folder
    {
        internal CaseNames Names { get; } = new();

        /// <summary>The folder when it was read last; default until then.</summary>
        internal InodeId Inode { get; set; }

        internal long? ReadAt { get; set; }

        internal ulong Version { get; set; }

        /// <summary>0 = nothing but choices is remembered.</summary>
        internal ulong LastUse { get; set; }

        internal void Forget()
        {
            Names.Clear();
            Inode = default;
            ReadAt = null;
            Version++;
            LastUse = 0;
        }
    }
}

/// <summary>A looked-up name: the entry (one lookup counted), its local name, and the same as Windows sees it.</summary>
internal readonly record struct NamedEntry(Entry Entry, EntryName Local, string Shown);
