using ImageKitFs.Cli.Commands;

namespace ImageKitFs.Cli.Library;

/// <summary>`get --origin` and `cat --origin`: files of attached storage, which are delivered and never listed, one after the other.</summary>
internal static class OriginCopies
{
    public static async Task ToOutputAsync(string[] sources, CommandRun run)
    {
        await using Stream output = GetCommand.OpenOutput();
        await EachAsync(sources, run, async (files, path) =>
        {
            // A reader that has stopped reading holds up what is written to it; Ctrl-C does not wait for that.
            await run.TryAsync(() => Task.Run(() => files.ReadAsync(path.Path, output, run.Stop)).WaitAsync(run.Stop));
        });
    }

    /// <param name="sources">Exact paths.</param>
    /// <param name="local">A file or folder here; null: here, under its name.</param>
    /// <param name="report">Is told of each.</param>
    /// <param name="run">The run.</param>
    public static Task ToFilesAsync(string[] sources, string? local, TransferReport report, CommandRun run)
    {
        string target = Path.GetFullPath(local ?? ".");
        bool isFolder = local is null || sources.Length > 1 || Path.EndsInDirectorySeparator(local) || Directory.Exists(target);
        return EachAsync(sources, run, async (files, path) =>
        {
            string place = isFolder ? Path.Combine(target, path.Name) : target;
            long? size = null;
            string? failure = await run.TryAsync(async () => size = await FetchAsync(files, path.Path, place, run));
            report.Say(new TransferLine { Action = failure is null ? "fetched" : "failed", Path = path.ToString(), Local = place, Size = size, Error = failure });
        });
    }

    private static async Task EachAsync(string[] sources, CommandRun run, Func<OriginFile, LibraryPath, Task> work)
    {
        foreach (IGrouping<string?, LibraryPath> account in sources.Select(LibraryPath.Parse).GroupBy(path => path.Profile))
        {
            await using OriginFile files = await OriginFile.OpenAsync(run.Libraries.RequestOf(account.Key), run.Stop);
            foreach (LibraryPath path in account)
                await work(files, path);
        }
    }

    // Beside the target until it is whole: a copy that breaks off leaves what was there.
    private static async Task<long?> FetchAsync(OriginFile files, string path, string local, CommandRun run)
    {
        if (Directory.Exists(local))
            throw new CliException(ExitCode.Failed, $"cannot write {local}: it is a folder");
        string? temporary = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(local)!);
            temporary = run.Temporaries.Beside(local);
            OriginFileInfo info;
            await using (FileStream output = new(temporary, FileMode.Create, FileAccess.Write, FileShare.Read))
                info = await files.ReadAsync(path, output, run.Stop);
            if (info.LastModified is { } modified)
                File.SetLastWriteTimeUtc(temporary, modified.UtcDateTime);
            File.Move(temporary, local, overwrite: true);
            return info.Size;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot write {local}: {e.Message}", e);
        }
        finally
        {
            if (temporary is not null)
                run.Temporaries.Remove(temporary);
        }
    }
}
