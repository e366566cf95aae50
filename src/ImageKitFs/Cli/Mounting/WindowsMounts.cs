using System.Runtime.Versioning;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Windows;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Mounting through WinFsp.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsMounts : IMountSystem
{
    public Task RequireFreeAsync(MountRequest request, CancellationToken ct)
    {
        RequireWinFsp();
        if (LiveMounts.List().Contains(request.MountPoint, StringComparer.OrdinalIgnoreCase))
            throw new CliException(ExitCode.Busy, $"{request.MountPoint} is already mounted; imagekitfs umount {request.MountPoint} takes it away");
        return Task.CompletedTask;
    }

    public async Task<IMountSession> MountAsync(
        IFileSystem fileSystem, MountRequest request, MountOptions options, ILoggerFactory loggers, CancellationToken ct)
    {
        WinFspMountOptions mountOptions = new()
        {
            MountPoint = request.MountPoint,
            Account = options.Endpoints.Delivery.Authority + options.Endpoints.Delivery.AbsolutePath.TrimEnd('/') + options.Folder.TrimEnd('/'),
            Prefix = request.NetworkPath,
            ReadOnly = options.ReadOnly,
            AllowOther = request.AllowOther,
            CloseWait = request.CloseWait ?? WinFspMountOptions.DefaultCloseWait,
            WatchInterval = options.DirectoryTtl,
        };
        try
        {
            WinFspMount mount = await WinFspMount.MountAsync(fileSystem, mountOptions, loggers.CreateLogger<WinFspMount>(), TimeProvider.System);
            return new Session(mount, options.StateDirectory);
        }
        catch (WinFspMountException e)
        {
            throw new CliException(e.Failure.ToExitCode(), e.Message, e);
        }
    }

    // A background process has a console of its own from the start: see Launcher.
    public void LeaveTerminal() => Environment.CurrentDirectory = AppContext.BaseDirectory;

    public void LeaveLauncher(string logFile)
    {
        Console.SetOut(TextWriter.Null);
        Console.SetError(TextWriter.Null);
    }

    /// <exception cref="CliException">WinFsp is missing, incomplete or of another version.</exception>
    public static void RequireWinFsp()
    {
        WinFspProbe probe = WinFspBinding.Probe();
        if (probe.Failure is { } failure)
            throw new CliException(failure.ToExitCode(), probe.Message);
    }

    private sealed class Session : IMountSession
    {
        private readonly WinFspMount _mount;
        private readonly UnmountSignal _signal;
        private readonly MountRecord _record;

        public Session(WinFspMount mount, string stateFolder)
        {
            _mount = mount;
            _ = ProcessIdentity.TryGet(Environment.ProcessId, out ProcessIdentity self);
            _signal = UnmountSignal.Create(self);
            _record = new MountRecord(mount.MountPoint, self.ProcessId, self.StartTicks, stateFolder);
            MountRecord.Save(_record);
            Completion = Task.WhenAny(mount.Completion, _signal.Raised);
        }

        public string MountPoint => _mount.MountPoint;

        public Task Completion { get; }

        // Windows takes a drive away whatever is open on it; what was written is committed.
        public async Task<bool> UnmountAsync()
        {
            await _mount.UnmountAsync();
            MountRecord.Remove(_record);
            return true;
        }

        public async ValueTask DisposeAsync()
        {
            await UnmountAsync();
            await _mount.DisposeAsync();
            _signal.Dispose();
        }
    }
}
