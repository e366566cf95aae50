using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ImageKitFs.Cli.Interop;

/// <summary>Standard input's terminal shows nothing of what is typed for as long as this is not disposed, also when a signal ends the program.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class TerminalEcho : IDisposable
{
    private const int StandardInput = 0;

    // termios(3): four flag words first, the local flags fourth; the whole is 60 bytes in glibc and musl.
    private const int LocalFlags = 12;
    private const int StructBytes = 60;
    private const uint Echo = 0x8;

    // TCSANOW: what was typed ahead stays.
    private const int Now = 0;

    private readonly byte[] _before;
    private readonly PosixSignalRegistration[] _signals;

    private TerminalEcho(byte[] before)
    {
        _before = before;
        _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, _ => Restore()))];
    }

    /// <summary>Null when standard input is no terminal.</summary>
    public static TerminalEcho? TryTurnOff()
    {
        byte[] before = new byte[StructBytes * 2];
        if (GetAttributes(StandardInput, before) != 0)
            return null;
        TerminalEcho echo = new(before);
        byte[] silent = [.. before];
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(silent.AsSpan(LocalFlags));
        BinaryPrimitives.WriteUInt32LittleEndian(silent.AsSpan(LocalFlags), flags & ~Echo);
        _ = SetAttributes(StandardInput, Now, silent);
        return echo;
    }

    public void Dispose()
    {
        Restore();
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
    }

    private void Restore() => _ = SetAttributes(StandardInput, Now, _before);

    // tcgetattr(3). 0, or -1 (ENOTTY).
    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetAttributes(int descriptor, [Out] byte[] attributes);

    // tcsetattr(3). 0 or -1.
    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetAttributes(int descriptor, int when, byte[] attributes);
}
