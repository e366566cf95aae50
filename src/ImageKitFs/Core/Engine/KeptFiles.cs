using System.Globalization;
using System.Text.Json;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Core.Spool;

namespace ImageKitFs.Core.Engine;

/// <summary>What one state folder holds and the library does not, for `imagekitfs recover`. Changes nothing, so a mount may be running on it.</summary>
/// <remarks>
/// A running mount owns its unsealed layers, and nothing of them is read. Without one, files of the spool that no operation claims are layers that were never
/// sealed, as the next mount will find too.
/// </remarks>
public sealed class KeptFiles
{
    private const string JournalName = "journal.db";
    private const string SpoolName = "spool";

    private readonly string _stateFolder;
    private readonly string _mounted;
    private readonly NameMap _names;
    private readonly List<KeptFile> _files = [];

    private KeptFiles(string stateFolder, string mounted, NameMap names)
    {
        _stateFolder = stateFolder;
        _mounted = mounted;
        _names = names;
    }

    /// <summary>Everything that is only here, also what will still be sent.</summary>
    public IReadOnlyList<KeptFile> Files => _files;

    /// <summary>True when a mount works on the folder, or did a moment ago.</summary>
    public bool IsMounted { get; private init; }

    private string Spool => Path.Combine(_stateFolder, SpoolName);

    /// <summary>True when the folder is one that a mount has used.</summary>
    public static bool IsStateFolder(string folder) => File.Exists(Path.Combine(folder, JournalName)) || Directory.Exists(Path.Combine(folder, SpoolName));

    /// <summary>Looks into a state folder.</summary>
    /// <param name="stateFolder">The folder that holds journal and spool.</param>
    /// <param name="mounted">The folder of the library that was mounted: paths are given from there.</param>
    /// <exception cref="InvalidDataException">A newer program wrote the journal.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static KeptFiles Find(string stateFolder, string mounted = RemotePath.Root)
    {
        // Before and after: whoever held the folder while the journal was read has layers that it does not tell of.
        bool wasHeld = FolderLock.IsHeld(stateFolder);
        JournalView journal = JournalView.Read(Path.Combine(stateFolder, JournalName));
        KeptFiles kept = new(stateFolder, mounted, new NameMap(FolderDash.IsReplaced(journal)))
        {
            IsMounted = wasHeld || FolderLock.IsHeld(stateFolder),
        };
        HashSet<string> claimed = [];
        foreach (OpRecord row in journal.Ops)
            kept.AddOperation(journal, row, claimed);
        if (!kept.IsMounted)
            kept.AddUnclaimed(claimed, journal);
        kept.AddRecovered();
        return kept;
    }

    /// <summary>Copies a file below a folder, under its own path, name and time; durable when this returns.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public TakenFile Take(KeptFile file, string folder)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Reason == KeptReason.Missing)
            return new TakenFile(file, null, "its bytes are gone from the disk");
        try
        {
            using Stream source = file.Source is null ? Stream.Null : OpenSource(file, file.Source);
            return KeptCopy.Write(file, source, folder);
        }
        catch (FileNotFoundException)
        {
            // A mount sent it, or dropped it, after the journal was read.
            return IsStillNamed(file) ? new TakenFile(file, null, "its bytes are gone from the disk") : new TakenFile(file, null, Problem: null);
        }
    }

    /// <summary>Ends what was taken out: files leave the recover folder; refused uploads leave the journal when no mount runs on it.</summary>
    /// <param name="taken">Copies that <see cref="Take"/> made.</param>
    /// <returns>What stays all the same.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public async Task<IReadOnlyList<KeptFile>> RemoveAsync(IReadOnlyCollection<TakenFile> taken)
    {
        ArgumentNullException.ThrowIfNull(taken);
        List<KeptFile> done = [.. taken.Where(copy => copy.Target is not null || copy.File.Reason == KeptReason.Missing).Select(copy => copy.File).Where(file => file.IsGivenUp)];
        List<KeptFile> rows = done.FindAll(file => file.Row is not null || (file.Source is { } source && Path.GetDirectoryName(source) == Spool));
        string recover = Path.Combine(Spool, SpoolDirectory.RecoverFolder);
        foreach (KeptFile file in done.Except(rows))
        {
            File.Delete(file.Source!);
            File.Delete(file.Source! + RecoverNote.Extension);
        }

        if (Directory.Exists(recover))
            FolderSync.Flush(recover);
        return rows.Count == 0 ? [] : await KeptRemoval.RunAsync(_stateFolder, Path.Combine(_stateFolder, JournalName), Spool, rows);
    }

    /// <summary>The names that a corrupt journal still has, by layer file.</summary>
    internal static IEnumerable<LayerRow> NamesLeftIn(string corruptJournal)
    {
        JournalView left = JournalView.ReadWhatIsLeft(corruptJournal);
        foreach (LayerRow row in left.Layers)
            yield return row;
        foreach (OpRecord row in left.Ops)
        {
            if (Parse(row) is { FileName: { } file } data)
                yield return new LayerRow(file, data.Generation, row.Path, row.Ino, new Timestamp(data.ModifiedNs));
        }
    }

    /// <summary>What a row says about bytes; null when it is about none.</summary>
    internal static ContentOpData? Parse(OpRecord row)
    {
        if (row.Kind is not (OpKind.Upload or OpKind.Hold))
            return null;
        try
        {
            return JsonSerializer.Deserialize(row.Data, OpJson.Default.ContentOpData);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void AddOperation(JournalView journal, OpRecord row, HashSet<string> claimed)
    {
        if (Parse(row) is not { } data)
            return;
        if (data.FileName is { } name)
            claimed.Add(name);
        if (row.State == OpState.Replied || !UInt128.TryParse(data.Hash, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out UInt128 hash))
            return;
        _files.Add(new KeptFile
        {
            Path = LocalPath(row.Path, data.LocalName),
            Reason = (row.State, row.Kind) switch
            {
                _ when journal.IsCorrupt => KeptReason.JournalLost,
                (OpState.Failed, _) => KeptReason.Refused,
                (_, OpKind.Hold) => KeptReason.Local,
                _ => KeptReason.Waiting,
            },
            Error = row.Error,
            Size = data.Size,
            Modified = new Timestamp(data.ModifiedNs).ToDateTimeOffset(),
            Source = data.FileName is null ? null : Path.Combine(Spool, data.FileName),
            Row = row,
            Layer = new SealedLayer(data.Generation, data.Size, hash, data.FileName),
        });
    }

    private void AddUnclaimed(HashSet<string> claimed, JournalView journal)
    {
        if (!Directory.Exists(Spool))
            return;
        Dictionary<string, LayerRow> rows = journal.Layers.ToDictionary(row => row.FileName);
        foreach (FileInfo file in new DirectoryInfo(Spool).EnumerateFiles(SpoolDirectory.Pattern).OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            if (file.Length > 0 && !claimed.Contains(file.Name))
                _files.Add(Unclaimed(file, rows.GetValueOrDefault(file.Name)?.Path, journal.IsCorrupt ? KeptReason.JournalLost : KeptReason.Unfinished));
        }
    }

    private KeptFile Unclaimed(FileInfo file, string? remotePath, KeptReason reason) => new()
    {
        Path = remotePath is null ? null : LocalPath(remotePath, null),
        Reason = reason,
        Size = file.Length,
        Modified = new DateTimeOffset(file.LastWriteTimeUtc),
        Source = file.FullName,
    };

    private void AddRecovered()
    {
        string recover = Path.Combine(Spool, SpoolDirectory.RecoverFolder);
        if (!Directory.Exists(recover))
            return;
        FileInfo[] found = [.. new DirectoryInfo(recover).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal)];
        foreach (FileInfo file in found.Where(file => file.Extension != RecoverNote.Extension))
        {
            if (RecoverNote.TryRead(file.FullName + RecoverNote.Extension) is { Reason: not RecoverReason.Missing } note)
                _files.Add(Noted(note, file.FullName) with { Size = file.Length });
            else
                _files.Add(Unclaimed(file, null, KeptReason.Unfinished));
        }

        foreach (FileInfo lone in found.Where(file => file.Extension == RecoverNote.Extension && !File.Exists(file.FullName[..^RecoverNote.Extension.Length])))
        {
            if (RecoverNote.TryRead(lone.FullName) is { Reason: RecoverReason.Missing } note)
                _files.Add(Noted(note, lone.FullName[..^RecoverNote.Extension.Length]));
        }
    }

    private KeptFile Noted(RecoverNote note, string source) => new()
    {
        Path = note.Path is { } path ? LocalPath(path, note.Name) : null,
        Reason = note.Reason switch
        {
            RecoverReason.Unfinished => KeptReason.Unfinished,
            RecoverReason.Damaged => KeptReason.Damaged,
            RecoverReason.Missing => KeptReason.Missing,
            RecoverReason.JournalLost => KeptReason.JournalLost,
        },
        Size = note.Size,
        Modified = note.LastWrite ?? DateTimeOffset.UnixEpoch,
        Source = source,
    };

    /// <summary>The path that the user saw; null when it has no name that a disk allows.</summary>
    private string? LocalPath(string remotePath, string? localName)
    {
        string below = _mounted != RemotePath.Root && RemotePath.IsBelow(remotePath, _mounted) ? remotePath[_mounted.Length..] : remotePath;
        string[] parts = below.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
            return null;
        for (int i = 0; i < parts.Length; i++)
            parts[i] = _names.ToLocal(parts[i], isFolder: i < parts.Length - 1);
        if (localName is not null && EntryName.TryParse(localName, out _) == FsError.None)
            parts[^1] = localName;
        return "/" + string.Join('/', parts);
    }

    // A mount that starts meanwhile moves what was never sealed to the recover folder.
    private FileStream OpenSource(KeptFile file, string source)
    {
        string moved = Path.Combine(Spool, SpoolDirectory.RecoverFolder, Path.GetFileName(source));
        if (file.Row is null && !File.Exists(source) && File.Exists(moved))
            source = moved;
        return new FileStream(source, new FileStreamOptions
        {
            Mode = FileMode.Open,
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.SequentialScan,
        });
    }

    private bool IsStillNamed(KeptFile file)
    {
        if (file.Row is null)
            return false;
        JournalView now = JournalView.Read(Path.Combine(_stateFolder, JournalName));
        return now.Ops.Any(row => row.Seq == file.Row.Seq && row.State != OpState.Replied && Parse(row)?.Generation == file.Layer!.Generation);
    }
}
