using System.Runtime.Versioning;
using ImageKitFs.Cli.Interop;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Mounting through /dev/fuse.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LinuxMounts : IMountSystem
{
    public Task RequireFreeAsync(MountRequest request, CancellationToken ct) => LiveMounts.RequireFreeAsync(request.MountPoint, request.NonEmpty, ct);

    public async Task<IMountSession> MountAsync(
        IFileSystem fileSystem, MountRequest request, MountOptions options, ILoggerFactory loggers, CancellationToken ct)
    {
        FuseMountOptions mountOptions = new()
        {
            MountPoint = request.MountPoint,
            Source = options.Endpoints.Delivery.ToString().TrimEnd('/'),
            ReadOnly = options.ReadOnly,
            AllowOther = request.AllowOther,
            NonEmpty = request.NonEmpty,
            Uid = SystemCalls.GetEffectiveUser(),
            Gid = SystemCalls.GetEffectiveGroup(),
        };
        try
        {
            return new Session(await FuseMount.MountAsync(fileSystem, mountOptions, loggers.CreateLogger<FuseMount>(), ct));
        }
        catch (FuseMountException e)
        {
            throw new CliException(e.Failure.ToExitCode(), e.Message, e);
        }
    }

    public void LeaveTerminal() => Daemon.LeaveTerminal();

    public void LeaveLauncher(string logFile) => Daemon.LeaveLauncher(logFile);

    private sealed class Session(FuseMount mount) : IMountSession
    {
        // A shell that has just left the folder, an indexer: gone within moments.
        private static readonly TimeSpan BusyRetry = TimeSpan.FromSeconds(2);

        public string MountPoint => mount.MountPoint;

        public Task Completion => mount.Completion;

        public Task<bool> UnmountAsync() => mount.UnmountAsync(BusyRetry, CancellationToken.None);

        public ValueTask DisposeAsync() => mount.DisposeAsync();
    }
}
