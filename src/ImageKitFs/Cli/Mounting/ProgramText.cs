using System.Buffers.Text;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Where the code of a process's program and libraries lies in its memory, as it is on disk: dropping its pages loses nothing.</summary>
/// <remarks>Nothing but code: it stays where it is as long as the process lives. Other files may be unmapped at any moment, and their place taken.</remarks>
internal static class ProgramText
{
    public const string OfThisProcess = "/proc/self/smaps";

    /// <summary>Longer than any line of it: a path has 4096 bytes at most.</summary>
    private const int BufferBytes = 16 << 10;

    /// <summary>The mappings, without those that have changed pages, as a debugger's breakpoints and a tracer's probes make them.</summary>
    /// <param name="smaps">See proc_pid_smaps(5). Read without a string for each of its thousands of lines: this is to save memory.</param>
    public static List<(nint Start, nint Length)> Read(Stream smaps)
    {
        List<(nint Start, nint Length)> found = [];
        bool isCandidate = false;
        byte[] buffer = new byte[BufferBytes];
        int kept = 0;
        while (smaps.Read(buffer, kept, buffer.Length - kept) is var read and > 0)
        {
            ReadOnlySpan<byte> text = buffer.AsSpan(0, kept + read);
            while (text.IndexOf((byte)'\n') is var end and >= 0)
            {
                ReadLine(text[..end], found, ref isCandidate);
                text = text[(end + 1)..];
            }

            kept = text.Length;
            text.CopyTo(buffer);
        }

        return found;
    }

    private static void ReadLine(ReadOnlySpan<byte> line, List<(nint Start, nint Length)> found, ref bool isCandidate)
    {
        int word = line.IndexOf((byte)' ');
        if (word > 0 && line[word - 1] != (byte)':')
        {
            isCandidate = line[word..].StartsWith(" r-xp "u8) && line.Contains((byte)'/');
            if (isCandidate)
                found.Add(RangeOf(line[..word]));
        }
        else if (isCandidate && IsOwnPages(line) && !line.EndsWith(" 0 kB"u8))
        {
            found.RemoveAt(found.Count - 1);
            isCandidate = false;
        }
    }

    private static bool IsOwnPages(ReadOnlySpan<byte> line) =>
        line.StartsWith("Anonymous:"u8) || line.StartsWith("Private_Dirty:"u8) || line.StartsWith("Swap:"u8) || line.StartsWith("Locked:"u8);

    private static (nint Start, nint Length) RangeOf(ReadOnlySpan<byte> range)
    {
        _ = Utf8Parser.TryParse(range, out ulong start, out int digits, 'x');
        _ = Utf8Parser.TryParse(range[(digits + 1)..], out ulong end, out _, 'x');
        return ((nint)start, (nint)(end - start));
    }
}
