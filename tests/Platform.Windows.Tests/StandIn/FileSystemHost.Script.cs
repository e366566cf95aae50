using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using FileInfo = Fsp.Interop.FileInfo;

namespace Fsp;

/// <summary>
/// A driver that does what a script says, in the driver's order of callbacks and from a thread of its own; and one whose native part is missing or of
/// another version. Told by the environment, since the program that runs it is the shipped one.
/// </summary>
public partial class FileSystemHost
{
    private const string Case = "IMAGEKITFS_STANDIN";
    private const string Script = "IMAGEKITFS_STANDIN_SCRIPT";
    private const uint ReadAccess = 0x120089;
    private const uint WriteAccess = 0x120116;
    private const int Pending = 0x103;

    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<(int Status, uint Bytes)>> _replies = new();
    private ulong _hint;
    private Thread _thread;

    static partial void BeforeNative() => Native.Load();

    partial void AfterMount()
    {
        if (Environment.GetEnvironmentVariable(Script) is not { } script)
            return;
        _thread = new Thread(() => Play(script)) { IsBackground = true };
        _thread.Start();
    }

    partial void BeforeUnmount() => _thread?.Join();

    partial void Hint(ref ulong hint) => hint = _hint;

    partial void Replied(ulong hint, int status, uint bytes) => _replies[hint].SetResult((status, bytes));

    // Lines of "write PATH|TEXT" and "read PATH"; beside the script comes a file of what happened, whose last line is "done".
    private void Play(string script)
    {
        StringBuilder told = new();
        foreach (string line in File.ReadAllLines(script))
        {
            if (line.Split(' ', 2) is ["write", var write] && write.Split('|', 2) is [var target, var text])
                told.AppendLine($"{line}: 0x{Write(target, Encoding.UTF8.GetBytes(text)):X8}");
            else if (line.Split(' ', 2) is ["read", var source])
                told.AppendLine($"{line}: {Read(source)}");
        }

        File.WriteAllText(script + ".partly", told.Append("done").ToString());
        File.Move(script + ".partly", script + ".told");
    }

    private int Write(string path, byte[] bytes)
    {
        byte[] descriptor = [];
        int status = _fileSystem.GetSecurityByName("\\", out _, ref descriptor);
        if (status < 0)
            return status;
        status = _fileSystem.CreateEx(
            path, FileSystemBase.FILE_NON_DIRECTORY_FILE, WriteAccess, 0x80, null, 0, IntPtr.Zero, 0, false, out object node, out object desc, out FileInfo _, out string _);
        return status < 0 ? status : WriteOpen(bytes, node, desc);
    }

    private int WriteOpen(byte[] bytes, object node, object desc)
    {
        IntPtr buffer = Marshal.AllocHGlobal(bytes.Length);
        Marshal.Copy(bytes, 0, buffer, bytes.Length);
        (int status, _) = Answer(() => (_fileSystem.Write(node, desc, buffer, 0, (uint)bytes.Length, false, false, out uint written, out FileInfo _), written));
        _fileSystem.Cleanup(node, desc, null, FileSystemBase.CleanupSetArchiveBit | FileSystemBase.CleanupSetLastWriteTime | FileSystemBase.CleanupSetChangeTime);
        _fileSystem.Close(node, desc);
        Marshal.FreeHGlobal(buffer);
        return status;
    }

    private string Read(string path)
    {
        const int Length = 4096;
        byte[] descriptor = [];
        int status = _fileSystem.GetSecurityByName(path, out _, ref descriptor);
        if (status < 0 || (status = _fileSystem.Open(path, 0, ReadAccess, out object node, out object desc, out _, out _)) < 0)
            return $"0x{status:X8}";
        IntPtr buffer = Marshal.AllocHGlobal(Length);
        (status, uint bytes) = Answer(() => (_fileSystem.Read(node, desc, buffer, 0, Length, out uint read), read));
        byte[] content = new byte[bytes];
        Marshal.Copy(buffer, content, 0, content.Length);
        Marshal.FreeHGlobal(buffer);
        _fileSystem.Cleanup(node, desc, null, 0);
        _fileSystem.Close(node, desc);
        return status < 0 ? $"0x{status:X8}" : Encoding.UTF8.GetString(content);
    }

    private (int Status, uint Bytes) Answer(Func<(int Status, uint Bytes)> call)
    {
        _hint++;
        _replies[_hint] = new TaskCompletionSource<(int, uint)>(TaskCreationOptions.RunContinuationsAsynchronously);
        (int Status, uint Bytes) now = call();
        return now.Status == Pending ? _replies[_hint].Task.GetAwaiter().GetResult() : now;
    }

    /// <summary>The binding looks for its native part in a static constructor: what is wrong comes wrapped, and stays for the life of the process.</summary>
    private static class Native
    {
        static Native()
        {
            switch (Environment.GetEnvironmentVariable(Case))
            {
                case "no-native-part":
                    throw new DllNotFoundException("winfsp-x64.dll");
                case "other-version":
                    throw new TypeLoadException("incorrect dll version (need 2.1, have 2.0)");
            }
        }

        internal static void Load()
        {
        }
    }
}
