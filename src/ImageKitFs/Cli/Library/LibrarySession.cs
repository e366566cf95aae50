using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImageKitFs.Cli.Library;

/// <summary>A library as a mount has it, for one command: renames are a mount's own, in folders of their own that are gone afterwards, so that mounts keep theirs.</summary>
internal sealed class LibrarySession : IAsyncDisposable
{
    /// <summary>Enough for the steps of one rename; Ctrl-C again does not wait for it.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(10);

    private readonly string _folder;
    private readonly MediaVolume _volume;
    private readonly TimeSpan _patience;

    private LibrarySession(string folder, MediaVolume volume, TimeSpan patience)
    {
        _folder = folder;
        _volume = volume;
        _patience = patience;
    }

    private IFileSystem FileSystem => _volume.FileSystem;

    /// <param name="request">Which account; its folders are not used.</param>
    /// <param name="emulator">The one that runs for it, when it is an emulator's.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="CliException">It cannot be opened.</exception>
    public static async Task<LibrarySession> OpenAsync(MountRequest request, EmbeddedEmulator? emulator, CancellationToken ct)
    {
        string folder = Directory.CreateTempSubdirectory("imagekitfs-").FullName;
        try
        {
            MountOptions options = MountOptionsFactory.Create(request with { CacheFolder = folder }, emulator);
            MediaVolume volume = await MediaVolume.OpenAsync(options, NullLoggerFactory.Instance, TimeProvider.System, ct);
            return new LibrarySession(folder, volume, options.DrainTimeout);
        }
        catch (Exception e)
        {
            Directory.Delete(folder, recursive: true);
            if (e is VolumeException refused)
                throw new CliException(refused.Failure.ToExitCode(), refused.Message, refused);
            throw;
        }
    }

    /// <summary>Renames or moves as rename(2) does; returns when the library has it.</summary>
    /// <exception cref="CliException">It was not done.</exception>
    public async Task RenameAsync(string from, string to, CancellationToken ct)
    {
        (InodeId oldParent, EntryName oldName) = await ParentOfAsync(from, ct);
        (InodeId newParent, EntryName newName) = await ParentOfAsync(to, ct);
        Require(await FileSystem.RenameAsync(oldParent, oldName, newParent, newName, RenameMode.Replace, ct), from, to);
        DrainReport report = await _volume.DrainAsync(_patience, progress: null, ct);
        if (!report.Complete)
        {
            string why = (report.Items.Count > 0 ? report.Items[0].Error : null) ?? "it was not finished in time";
            throw new CliException(ExitCode.ServiceFailed, $"{from} is not {to}: {why}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A rename of several steps is not left in the middle by Ctrl-C.
        await _volume.DrainAsync(LastPatience, progress: null, CancellationToken.None);
        await _volume.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // References are given back by closing the volume.
    private async Task<(InodeId Parent, EntryName Name)> ParentOfAsync(string path, CancellationToken ct)
    {
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        InodeId at = InodeId.Root;
        foreach (string name in names[..^1])
        {
            FsResult<Entry> next = await FileSystem.LookupAsync(at, NameOf(name), ct);
            Require(next.Error, path, path);
            at = next.Value.Inode;
        }

        return (at, NameOf(names[^1]));
    }

    private static EntryName NameOf(string name) =>
        EntryName.TryParse(name, out EntryName parsed) == FsError.None ? parsed : throw new CliException(ExitCode.Failed, $"'{name}' is no file name");

    private static void Require(FsError error, string from, string to)
    {
        if (error == FsError.None)
            return;
        throw error switch
        {
            FsError.NotFound => new CliException(ExitCode.Failed, $"{from} is not in the library"),
            FsError.NotDirectory or FsError.IsDirectory => new CliException(ExitCode.Failed, $"{from} is not {to}: one is a file and the other a folder"),
            FsError.NotEmpty or FsError.Exists => new CliException(ExitCode.Failed, $"{to} is a folder that holds something"),
            FsError.InvalidArgument => new CliException(ExitCode.Failed, $"{from} cannot be moved into itself"),
            FsError.InvalidName or FsError.NameTooLong => new CliException(ExitCode.Failed, $"{to} is no name that the library can hold"),
            FsError.AccessDenied or FsError.ReadOnly or FsError.NotPermitted => new CliException(ExitCode.NotPermitted, $"{from}: the key does not allow this"),
            FsError.Interrupted => new OperationCanceledException(),
            FsError.Remote or FsError.Throttled or FsError.TimedOut or FsError.Busy => new CliException(ExitCode.ServiceFailed, $"{from}: the service failed or could not be reached"),
            _ => new CliException(ExitCode.Failed, $"{from}: {error}"),
        };
    }
}
