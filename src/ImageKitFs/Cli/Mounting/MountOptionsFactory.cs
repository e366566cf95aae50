using ImageKitFs.Cli.Interop;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Turns a command line, the environment and a key file into the engine's options, checked as a whole.</summary>
internal static class MountOptionsFactory
{
    // A rename holds back every open on the drive until it is answered.
    private static readonly TimeSpan WindowsRenameWait = TimeSpan.Zero;

    /// <summary>Refuses at once what needs no network to be refused.</summary>
    public static void RequireAccount(MountRequest request)
    {
        if (request.EmulatorFolder is not null)
            return;
        _ = Account.Find(request);
    }

    /// <param name="emulator">The embedded emulator when there is one; it stands for all three endpoints and knows its key.</param>
    public static MountOptions Create(MountRequest request, EmbeddedEmulator? emulator)
    {
        Account of = emulator is null ? Account.Find(request) : Account.Of(emulator);
        ImageKitEndpoints endpoints = of.Endpoints;
        string account = LibraryFolders.NameOf(request.EmulatorFolder, endpoints.Delivery, request.Folder);
        MountOptions defaults = new()
        {
            Endpoints = endpoints,
            Key = of.Key,
            CacheDirectory = CacheFolder(request, account),
            StateDirectory = StateFolder(request, account),
        };
        MountOptions options = defaults with
        {
            ReadOnly = request.ReadOnly || of.IsReadOnly,
            Commit = request.JournalCommit ? CommitMode.Journal : CommitMode.Close,
            Strict = request.Strict,
            OnConflict = Conflict(request.OnConflict) ?? defaults.OnConflict,
            CacheBytes = request.CacheBytes ?? defaults.CacheBytes,
            SpoolBytes = request.SpoolBytes,
            StoresTimes = LibraryFolders.StoresTimes(request.CacheFolder, request.EmulatorFolder, endpoints.Delivery),
            DirectoryTtl = request.DirectoryTtl ?? defaults.DirectoryTtl,
            CommitDeadline = request.CommitDeadline ?? defaults.CommitDeadline,
            RenameWait = request.RenameWait ?? (OperatingSystem.IsWindows() ? WindowsRenameWait : defaults.RenameWait),
            DrainTimeout = request.DrainTimeout ?? defaults.DrainTimeout,
            ReadsPerSecond = request.ReadsPerSecond ?? defaults.ReadsPerSecond,
            WritesPerSecond = request.WritesPerSecond ?? defaults.WritesPerSecond,
            Folder = request.Folder ?? defaults.Folder,
            Uid = request.Uid ?? CurrentUser(),
            Gid = request.Gid ?? CurrentGroup(),
            Umask = (uint?)request.Umask ?? defaults.Umask,
            SharedThumbnails = request.Thumbnails != "off",
            ThumbnailFolder = request.Thumbnails == "user" ? StatePaths.Thumbnails(Environment.GetEnvironmentVariable) : null,
            MountPoint = request.MountPoint,
            HostName = Environment.MachineName,
            StepReached = CrashPoint.FromEnvironment(Environment.GetEnvironmentVariable),
        };
        IReadOnlyList<string> problems = options.Validate();
        return problems.Count == 0 ? options : throw new CliException(ExitCode.Usage, string.Join(' ', problems));
    }

    private static ConflictPolicy? Conflict(string? word) => word switch
    {
        "keep-both" => ConflictPolicy.KeepBoth,
        "overwrite" => ConflictPolicy.Overwrite,
        "fail" => ConflictPolicy.Fail,
        _ => null,
    };

    private static string CacheFolder(MountRequest request, string account) =>
        Path.Combine(LibraryFolders.CacheRoot(request.CacheFolder, Environment.GetEnvironmentVariable), account);

    private static string StateFolder(MountRequest request, string account) =>
        Path.Combine(LibraryFolders.StateRoot(request.CacheFolder, Environment.GetEnvironmentVariable), account);

    private static uint CurrentUser() => OperatingSystem.IsLinux() ? SystemCalls.GetEffectiveUser() : 0;

    private static uint CurrentGroup() => OperatingSystem.IsLinux() ? SystemCalls.GetEffectiveGroup() : 0;
}
