using ImageKitFs.Core.Config;
using ImageKitFs.Core.FileSystem;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Mounting;

/// <summary>What mounting needs of the system it runs on. Two of them: <see cref="LinuxMounts"/> and <see cref="WindowsMounts"/>.</summary>
internal interface IMountSystem
{
    /// <summary>Refuses what can be refused before the service is asked: nothing to mount with, or a mount point that is taken.</summary>
    /// <exception cref="CliException">It cannot be mounted there.</exception>
    Task RequireFreeAsync(MountRequest request, CancellationToken ct);

    /// <summary>Mounts; the mount answers when this returns.</summary>
    /// <exception cref="CliException">It could not be mounted.</exception>
    Task<IMountSession> MountAsync(IFileSystem fileSystem, MountRequest request, MountOptions options, ILoggerFactory loggers, CancellationToken ct);

    /// <summary>First thing in a background process.</summary>
    void LeaveTerminal();

    /// <summary>In a background process, once the launcher has its answer.</summary>
    void LeaveLauncher(string logFile);
}

/// <summary>A mount that answers.</summary>
internal interface IMountSession : IAsyncDisposable
{
    /// <summary>Where it is: a letter that was left open is known now.</summary>
    string MountPoint { get; }

    /// <summary>Completes when somebody unmounted it, or asked for it.</summary>
    Task Completion { get; }

    /// <summary>Takes it away.</summary>
    /// <returns>False when files are open that go on working: their end is what <see cref="Completion"/> then tells.</returns>
    Task<bool> UnmountAsync();
}
