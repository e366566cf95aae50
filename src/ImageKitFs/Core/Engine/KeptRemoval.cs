using ImageKitFs.Core.Spool;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImageKitFs.Core.Engine;

/// <summary>Takes what was copied out of a state folder that no mount has: rows that were refused for good with their bytes, and layers that were never sealed.</summary>
internal static class KeptRemoval
{
    /// <returns>What stays: all of it while a mount runs; a row that changed meanwhile, or whose name a later operation needs.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static async Task<IReadOnlyList<KeptFile>> RunAsync(string stateFolder, string journalFile, string spool, IReadOnlyList<KeptFile> files)
    {
        using FolderLock? held = FolderLock.TryAcquire(stateFolder, out _);
        if (held is null)
            return files;
        List<KeptFile> stay = [];
        List<string> sources = [];
        await using (SpoolJournal journal = SpoolJournal.Open(journalFile, NullLogger.Instance))
        {
            IReadOnlyList<OpRecord> rows = journal.LoadOps();
            // A mount may have come and gone since the files were found.
            HashSet<string?> claimed = [.. rows.Select(row => KeptFiles.Parse(row)?.FileName)];
            JournalBatch batch = new();
            foreach (KeptFile file in files)
            {
                bool isNeeded = file.Row is { } row
                    ? !rows.Contains(row) || rows.Any(other => Needs(other, row))
                    : claimed.Contains(Path.GetFileName(file.Source));
                if (isNeeded)
                {
                    stay.Add(file);
                    continue;
                }

                if (file.Row is { } dropped)
                    batch.Remove(dropped.Seq);
                else
                    batch.RemoveLayer(Path.GetFileName(file.Source!));

                if (file.Source is { } source)
                    sources.Add(source);
            }

            // The row before the bytes: a crash in between leaves a file that nobody names, which the next mount offers to `recover` again.
            if (await journal.CommitAsync(batch) is var error and not FileSystem.FsError.None)
                throw new IOException($"The journal '{journalFile}' cannot be written ({error}).");
        }

        foreach (string source in sources)
            File.Delete(source);
        FolderSync.Flush(spool);
        return stay;
    }

    // What the library has acknowledged already stands on its own.
    private static bool Needs(OpRecord other, OpRecord row) =>
        other.Seq != row.Seq && other.State != OpState.Replied && (other.Ino == row.Ino || other.Path == row.Path || other.Path2 == row.Path);
}
