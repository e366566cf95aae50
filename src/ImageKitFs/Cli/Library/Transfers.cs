using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>Moves single files between this machine and libraries, and knows which need not move.</summary>
internal sealed class Transfers(CommandRun run)
{
    /// <summary>As many as a mount sends side by side.</summary>
    public const int ParallelUploads = 16;

    /// <summary>More would only share one line.</summary>
    public const int ParallelDownloads = 8;

    /// <summary>True when the library has the bytes of a local file already. Nothing is sent; without any other evidence the bytes are fetched and compared.</summary>
    public async Task<bool> IsStoredAsync(DirectLibrary library, LocalFile file, LibraryEntry present) =>
        DirectLibrary.IsSame(present, file.Size, file.Modified) || await library.HasSameBytesAsync(present, file.ToSource(), mayFetch: true, run.Stop);

    /// <summary>True when a local file has the bytes of a listed one already; its time is set to the library's.</summary>
    public async Task<bool> IsHereAsync(DirectLibrary library, LibraryEntry file, string local, bool maySetTime)
    {
        FileInfo info = new(local);
        if (!info.Exists || info.Length != file.Size)
            return false;
        if (DirectLibrary.IsSame(file, info.Length, LocalFile.TimeOf(info)))
            return true;
        FileSource source = LocalFile.Of(local).ToSource() with { Modified = file.Modified };
        if (!await library.HasSameBytesAsync(file, source, mayFetch: false, run.Stop))
            return false;
        if (maySetTime)
            File.SetLastWriteTimeUtc(local, file.Modified.ToDateTimeOffset().UtcDateTime);
        return true;
    }

    /// <summary>Stores a local file.</summary>
    public async Task StoreAsync(DirectLibrary library, LocalFile file, FolderTarget folder, string name, LibraryEntry? present, IProgress<long>? progress)
    {
        await library.SendAsync(folder, name, file.ToSource(), present, marks: null, progress, run.Stop);
        LocalFile now = LocalFile.Of(file.Path);
        if (now != file)
            throw new CliException(ExitCode.Failed, $"{file.Path} was changed while it was sent: the library may have a mixture; send it again");
    }

    /// <summary>Copies a listed file out. Until it is whole it lies beside its target: a copy that breaks off leaves what was there.</summary>
    public async Task FetchAsync(DirectLibrary library, LibraryEntry file, string local, IProgress<long>? progress)
    {
        if (Directory.Exists(local))
            throw new CliException(ExitCode.Failed, $"cannot write {local}: it is a folder");
        string temporary = run.Temporaries.Beside(local);
        try
        {
            UInt128 hash;
            await using (FileStream output = new(temporary, FileMode.Create, FileAccess.Write, FileShare.Read))
                hash = await library.ReadAsync(file, output, progress, run.Stop);
            File.SetLastWriteTimeUtc(temporary, file.Modified.ToDateTimeOffset().UtcDateTime);
            File.Move(temporary, local, overwrite: true);
            library.Remember(file, file.Modified, hash);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot write {local}: {e.Message}", e);
        }
        finally
        {
            run.Temporaries.Remove(temporary);
        }
    }

    /// <summary>Copies a file of one account to another, with tags, description, focus area, custom metadata and privacy.</summary>
    /// <returns>What of these the other account did not take; null when it took all.</returns>
    public async Task<string?> CarryAsync(
        DirectLibrary from, LibraryEntry file, DirectLibrary to, FolderTarget folder, string name, LibraryEntry? present, IProgress<long>? progress)
    {
        string temporary = run.Temporaries.Beside(Path.Combine(Path.GetTempPath(), "x"));
        try
        {
            await using (FileStream output = new(temporary, PrivateFile()))
                _ = await from.ReadAsync(file, output, progress: null, run.Stop);
            FileSource source = LocalFile.Of(temporary).ToSource() with { Modified = file.Modified };
            return await to.SendAsync(folder, name, source, present, FileMarks.Of(file), progress, run.Stop);
        }
        finally
        {
            run.Temporaries.Remove(temporary);
        }
    }

    /// <summary>True when another account has the bytes of a file already; without any other evidence both are read.</summary>
    public async Task<bool> IsCarriedAsync(DirectLibrary from, LibraryEntry file, DirectLibrary to, LibraryEntry present)
    {
        if (DirectLibrary.IsSame(present, file.Size, file.Modified))
            return true;
        if (present.Size != file.Size)
            return false;
        string temporary = run.Temporaries.Beside(Path.Combine(Path.GetTempPath(), "x"));
        try
        {
            await using (FileStream output = new(temporary, PrivateFile()))
                _ = await from.ReadAsync(file, output, progress: null, run.Stop);
            return await to.HasSameBytesAsync(present, LocalFile.Of(temporary).ToSource() with { Modified = file.Modified }, mayFetch: true, run.Stop);
        }
        finally
        {
            run.Temporaries.Remove(temporary);
        }
    }

    /// <summary>Standard input as a file, since the size of an upload must be known before it begins.</summary>
    public async Task<LocalFile> TakeInputAsync()
    {
        string temporary = run.Temporaries.Beside(Path.Combine(Path.GetTempPath(), "x"));
        // Not cancelled but left: a read of a terminal or pipe ends when that says so, and Ctrl-C does not wait for it.
        await Task.Run(async () =>
        {
            await using Stream input = Console.OpenStandardInput();
            await using FileStream output = new(temporary, PrivateFile());
            await input.CopyToAsync(output, CancellationToken.None);
        }).WaitAsync(run.Stop);
        return LocalFile.Of(temporary);
    }

    // Others can look into the folder of temporary files.
    private static FileStreamOptions PrivateFile()
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
