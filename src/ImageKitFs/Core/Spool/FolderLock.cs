using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ImageKitFs.Core.Spool;

/// <summary>Who holds a folder.</summary>
/// <param name="ProcessId">Its pid.</param>
/// <param name="Started">When that process started: tells it from a later one with the same pid.</param>
internal sealed record LockOwner(int ProcessId, DateTimeOffset Started);

/// <summary>One process per folder, for as long as this is not disposed. The system lets go of it when the process ends, however it ends.</summary>
/// <remarks>
/// An exclusively opened file (flock on Linux, a sharing mode on Windows). Nobody else can open that file while it is held,
/// so the owner's name stands in a second file beside it, which means something only while the lock is held.
/// </remarks>
internal sealed class FolderLock : IDisposable
{
    private const string LockName = "lock";
    private const string OwnerName = "lock.owner";

    // The start of a process is computed from the clock of now: two looks differ by a little, two processes of one number by more.
    private static readonly TimeSpan StartTolerance = TimeSpan.FromSeconds(5);

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the folder, making it when it is missing. Returns null when another holds it.</summary>
    /// <param name="owner">Who holds it, when that is another and has said so.</param>
    /// <exception cref="IOException">The folder cannot be made or written: not a matter of who holds it.</exception>
    public static FolderLock? TryAcquire(string folder, out LockOwner? owner)
    {
        owner = null;
        PrivateFolder.Create(folder);
        if (!TryOpen(Path.Combine(folder, LockName), out FileStream? file))
        {
            owner = ReadOwner(Path.Combine(folder, OwnerName));
            return null;
        }
        try
        {
            using var self = Process.GetCurrentProcess();
            File.WriteAllText(Path.Combine(folder, OwnerName), string.Create(CultureInfo.InvariantCulture, $"{self.Id}\n{self.StartTime.ToUniversalTime():O}\n"));
            return new FolderLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether somebody holds the folder now; never takes it from who is about to.</summary>
    /// <remarks>A process that is gone holds nothing. Of one that lives only the lock itself tells: it may have let go of this folder.</remarks>
    public static bool IsHeld(string folder)
    {
        string path = Path.Combine(folder, LockName);
        if (ReadOwner(Path.Combine(folder, OwnerName)) is not { } owner || !IsAlive(owner) || !File.Exists(path))
            return false;
        try
        {
            if (!TryOpen(path, out FileStream? file))
                return true;
            file.Dispose();
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }

    public void Dispose() => _file.Dispose();

    private static bool IsAlive(LockOwner owner)
    {
        try
        {
            using var process = Process.GetProcessById(owner.ProcessId);
            return (process.StartTime.ToUniversalTime() - owner.Started.UtcDateTime).Duration() < StartTolerance;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return false;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is one, and it does not show when it began: the lock tells.
            return true;
        }
    }

    private static bool TryOpen(string path, [NotNullWhen(true)] out FileStream? file)
    {
        // EWOULDBLOCK on Linux, ERROR_SHARING_VIOLATION on Windows: held. Every other failure is the disk's and passes through.
        const int EWOULDBLOCK = 11;
        const int SharingViolation = unchecked((int)0x80070020);
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException exception) when (exception.HResult is EWOULDBLOCK or SharingViolation)
        {
            file = null;
            return false;
        }
    }

    private static LockOwner? ReadOwner(string path)
    {
        try
        {
            return File.ReadAllLines(path) is [string id, string started, ..]
                && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
                && DateTimeOffset.TryParseExact(started, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time)
                    ? new LockOwner(processId, time)
                    : null;
        }
        catch (Exception exception) when (DiskErrors.IsDiskError(exception))
        {
            // The holder is about to write it.
            return null;
        }
    }
}
