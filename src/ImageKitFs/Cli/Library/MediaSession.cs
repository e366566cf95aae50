using System.CommandLine;
using ImageKitFs.Cli.Commands;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Profiles;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.Media;
using ImageKitFs.Emulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImageKitFs.Cli.Library;

/// <summary>What ImageKit knows about files, for one command. A path in a mount stands for what the mount shows there; any other is one of the library.</summary>
internal sealed class MediaSession : IAsyncDisposable
{
    private readonly EmbeddedEmulator? _emulator;

    private MediaSession(Account account, EmbeddedEmulator? emulator, IReadOnlyList<string> paths, string? mountPoint)
    {
        Account = account;
        Library = new MediaLibrary(account.Endpoints, account.Key, NullLogger.Instance, TimeProvider.System);
        _emulator = emulator;
        Paths = paths;
        MountPoint = mountPoint;
    }

    public Account Account { get; }

    public MediaLibrary Library { get; }

    /// <summary>The paths that were given, as the library has them.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>The mount that they were given by; null for paths of the library.</summary>
    public string? MountPoint { get; }

    /// <summary>Opens the account, does the work, and turns what the library says into an exit status.</summary>
    /// <exception cref="CliException">The account cannot be opened, or the library cannot give or do it.</exception>
    public static async Task<int> RunAsync(
        AccountOptions account, ParseResult result, IReadOnlyList<string> paths, Func<MediaSession, Task<ExitCode>> work, CancellationToken ct)
    {
        await using MediaSession session = await OpenAsync(account.Request(result), paths, ct);
        try
        {
            return (int)await work(session);
        }
        catch (MediaException e) when (e.Failure == MediaFailure.NotFound && session.MountPoint is { } mountPoint)
        {
            throw new CliException(ExitCode.Failed, $"{e.Message}; what {mountPoint} has not stored yet is shown by imagekitfs status {mountPoint}", e);
        }
        catch (MediaException e)
        {
            throw new CliException(ExitOf(e.Failure), e.Message, e);
        }
    }

    /// <summary>A file was changed in the library: the mount that it was named by shows it from now on, and not only when its listing is old.</summary>
    public void Changed(MediaItem file)
    {
        if (MountPoint is not null)
            ControlCommand.TryTell(MountPoint, $"changed {Uri.EscapeDataString(file.StoredPath)}");
    }

    public async ValueTask DisposeAsync()
    {
        Library.Dispose();
        if (_emulator is not null)
            await _emulator.DisposeAsync();
    }

    private static ExitCode ExitOf(MediaFailure failure) => failure switch
    {
        MediaFailure.NotFound => ExitCode.Failed,
        MediaFailure.IsFolder => ExitCode.Usage,
        MediaFailure.BadValue => ExitCode.Usage,
        MediaFailure.BadKey => ExitCode.BadKey,
        MediaFailure.NotPermitted => ExitCode.NotPermitted,
        MediaFailure.NoNetwork => ExitCode.NoNetwork,
        MediaFailure.Service => ExitCode.ServiceFailed,
    };

    private static async Task<MediaSession> OpenAsync(MountRequest request, IReadOnlyList<string> paths, CancellationToken ct)
    {
        List<string> inside = [];
        Mounted? mount = null;
        foreach (string path in paths)
        {
            Mounted? found = request.EmulatorFolder is null ? await FindMountAsync(path, request, ct) : null;
            if (inside.Count > 0 && found?.MountPoint != mount?.MountPoint)
                throw new CliException(ExitCode.Usage, $"{path} is not in the same place as {paths[0]}: name files of one mount, or of the library");
            mount = found;
            inside.Add(found?.Path ?? path);
        }

        if (mount is not null)
            return new MediaSession(AccountOf(mount, request), emulator: null, inside, mount.MountPoint);
        EmbeddedEmulator? emulator = await EmbeddedEmulator.StartAsync(request, ct);
        return new MediaSession(emulator is null ? Account.Find(request) : Account.Of(emulator), emulator, inside, mountPoint: null);
    }

    /// <summary>The mount that shows a file or folder at the path, unless the command names another account: then the path is one of its library.</summary>
    private static async Task<Mounted?> FindMountAsync(string path, MountRequest request, CancellationToken ct)
    {
        if (path.Length == 0 || MountedPath.TryFind(path) is not { } place)
            return null;
        MountReport report = await MountProbe.AskAsync(place.MountPoint, TimeProvider.System, ct);
        if (report.Status is not { Folder: { } folder } status)
            return null;
        bool namesAccount = request.Profile is not null || request.UrlEndpoint is not null;
        if (namesAccount && !IsOf(Account.Find(request), status))
            return null;
        string full = MountPoints.Below(place.MountPoint, place.Inside.TrimStart('/'));
        return File.Exists(full) || Directory.Exists(full) ? new Mounted(place.MountPoint, folder.TrimEnd('/') + place.Inside, status) : null;
    }

    /// <summary>The account of a mount: the one that the command would use anyway, a stored one, or the emulator's, whose key opens nothing else.</summary>
    private static Account AccountOf(Mounted mount, MountRequest request)
    {
        List<string?> profiles = [request.Profile];
        if (request.Profile is null)
            profiles.AddRange(ProfileStore.OfUser().Names());
        foreach (string? profile in profiles)
        {
            if (TryFind(request with { Profile = profile }) is { } account && IsOf(account, mount.Status))
                return account;
        }

        Uri delivery = new(mount.Status.UrlEndpoint);
        if (delivery.IsLoopback && mount.Status.ApiEndpoint is { } api
            && ImageKitEndpoints.TryCreate(mount.Status.UrlEndpoint, api, api, out ImageKitEndpoints? endpoints).Count == 0)
            return new Account(endpoints!, SecretKey.Of(new EmulatorOptions().PrivateKey));
        throw new CliException(ExitCode.Usage, $"{mount.MountPoint} shows {mount.Status.UrlEndpoint.TrimEnd('/')}, and no key for that account is given: --key-file FILE, IMAGEKIT_PRIVATE_KEY, or --profile P");
    }

    private static Account? TryFind(MountRequest request)
    {
        try
        {
            return Account.Find(request);
        }
        catch (CliException)
        {
            return null; // Not this one; what is missing is said when there is none at all.
        }
    }

    private static bool IsOf(Account account, VolumeStatus status) =>
        account.Endpoints.Delivery.ToString() == status.UrlEndpoint && (status.ApiEndpoint is null || account.Endpoints.Api.ToString() == status.ApiEndpoint);

    private sealed record Mounted(string MountPoint, string Path, VolumeStatus Status);
}
