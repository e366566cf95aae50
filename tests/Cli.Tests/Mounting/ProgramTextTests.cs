using System.Text;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Tests.Mounting;

/// <summary>Which parts of a process's memory may be dropped.</summary>
public sealed class ProgramTextTests
{
    private const string Smaps = """
        55d0a0000000-55d0a0002000 r--p 00000000 fe:00 24                         /usr/bin/imagekitfs
        Rss:                   8 kB
        Private_Dirty:         0 kB
        Anonymous:             0 kB
        Swap:                  0 kB
        55d0a0002000-55d0a0012000 r-xp 00002000 fe:00 24                         /usr/bin/imagekitfs
        Rss:                  64 kB
        Private_Dirty:         0 kB
        Anonymous:             0 kB
        Swap:                  0 kB
        VmFlags: rd ex mr mw me
        55d0a0012000-55d0a0013000 rw-p 00012000 fe:00 24                         /usr/bin/imagekitfs
        Private_Dirty:         4 kB
        7f0000000000-7f0000001000 r-xp 00000000 00:00 0
        Private_Dirty:         0 kB
        7f0000001000-7f0000002000 r-xp 00000000 fe:00 25                         /lib/changed by a probe.so
        Private_Dirty:         0 kB
        Anonymous:             4 kB
        7f0000002000-7f0000004000 r-xs 00000000 00:01 26                         /memfd:doublemapper (deleted)
        Private_Dirty:         0 kB
        7f0000004000-7f0000005000 r-xp 00000000 fe:00 27                         /lib/swapped.so
        Swap:                  4 kB
        7f0000005000-7f0000007000 r-xp 00000000 fe:00 28                         /lib/a b.so
        Anonymous:             0 kB

        """;

    [Fact]
    public void Code_as_it_is_on_disk_may_be_dropped_and_nothing_else()
    {
        using MemoryStream smaps = new(Encoding.UTF8.GetBytes(Smaps.ReplaceLineEndings("\n")));

        List<(nint Start, nint Length)> found = ProgramText.Read(smaps);

        Assert.Equal([(unchecked((nint)0x55d0a0002000), 0x10000), (unchecked((nint)0x7f0000005000), 0x2000)], found);
    }

    [Fact]
    public void The_lines_may_come_in_any_pieces()
    {
        using OneByteStream smaps = new(Encoding.UTF8.GetBytes(Smaps.ReplaceLineEndings("\n")));

        Assert.Equal(2, ProgramText.Read(smaps).Count);
    }

    private sealed class OneByteStream(byte[] content) : MemoryStream(content)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1));
    }
}
