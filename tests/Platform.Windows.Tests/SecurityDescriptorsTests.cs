using System.Buffers.Binary;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests;

public sealed class SecurityDescriptorsTests
{
    private const string User = "S-1-5-21-1004336348-1177238915-682003330-512";

    // O:SYG:SYD:P(A;OICI;FA;;;SY)... written out by hand from winnt.h.
    [Fact]
    public void The_bytes_are_a_self_relative_descriptor()
    {
        byte[] bytes = SecurityDescriptors.For(Sid.Of("S-1-5-18"), isReadOnly: false, allowOther: false).ToBytes();

        string expected = "01000490" + "14000000" + "20000000" + "00000000" + "2C000000" // revision, control 0x9004, owner, group, no SACL, DACL
            + "010100000000000512000000" + "010100000000000512000000" // owner, group
            + "0200" + "4800" + "0300" + "0000" // ACL revision 2, 72 bytes, 3 entries
            + "00031400" + "FF011F00" + "010100000000000512000000"
            + "00031400" + "FF011F00" + "010100000000000512000000"
            + "00031800" + "FF011F00" + "01020000000000052000000020020000";
        Assert.Equal(expected, Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData(false, false, $"O:{User}G:{User}D:P(A;OICI;FA;;;{User})(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)")]
    [InlineData(true, false, $"O:{User}G:{User}D:P(A;OICI;0x1200a9;;;{User})(A;OICI;0x1200a9;;;SY)(A;OICI;0x1200a9;;;BA)")]
    [InlineData(false, true, $"O:{User}G:{User}D:P(A;OICI;FA;;;{User})(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;AU)")]
    public void Text_and_bytes_say_the_same(bool isReadOnly, bool allowOther, string sddl)
    {
        SecurityDescriptors descriptor = SecurityDescriptors.For(Sid.Of(User), isReadOnly, allowOther);

        Assert.Equal(sddl, descriptor.Sddl);
        Assert.Equal(sddl, Decode(descriptor.ToBytes()));
    }

    [Fact]
    public void Each_caller_gets_bytes_of_its_own()
    {
        SecurityDescriptors descriptor = SecurityDescriptors.For(Sid.Of(User), isReadOnly: false, allowOther: false);

        Array.Clear(descriptor.ToBytes());

        Assert.Equal(1, descriptor.ToBytes()[0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S-1-5")]
    [InlineData("S-2-5-18")]
    [InlineData("S-1-5-x")]
    [InlineData("S-1-5-4294967296")]
    [InlineData("S-1-281474976710656-1")]
    [InlineData("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16")]
    [InlineData("S-1-5-+18")]
    [InlineData("S-1-5--18")]
    public void What_is_no_sid_is_refused(string text) => Assert.False(Sid.TryParse(text, out _));

    /// <summary>Reads a descriptor by its offsets and lengths, without knowing how it was laid out.</summary>
    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        Assert.Equal(0x9004, BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]));
        string text = "O:" + SidAt(bytes, Offset(bytes, 4)) + "G:" + SidAt(bytes, Offset(bytes, 8)) + "D:P";
        ReadOnlySpan<byte> acl = bytes[Offset(bytes, 16)..];
        Assert.Equal(acl.Length, BinaryPrimitives.ReadUInt16LittleEndian(acl[2..]));
        int at = 8;
        for (int entries = BinaryPrimitives.ReadUInt16LittleEndian(acl[4..]); entries > 0; entries--)
        {
            Assert.Equal((0, 3), (acl[at], acl[at + 1]));
            string rights = BinaryPrimitives.ReadUInt32LittleEndian(acl[(at + 4)..]) switch
            {
                0x1F01FF => "FA",
                0x1200A9 => "0x1200a9",
                _ => "?",
            };
            string trustee = SidAt(acl, at + 8) switch
            {
                "S-1-5-18" => "SY",
                "S-1-5-32-544" => "BA",
                "S-1-5-11" => "AU",
                var other => other,
            };
            text += $"(A;OICI;{rights};;;{trustee})";
            at += BinaryPrimitives.ReadUInt16LittleEndian(acl[(at + 2)..]);
        }

        Assert.Equal(acl.Length, at);
        return text;
    }

    private static int Offset(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    private static string SidAt(ReadOnlySpan<byte> bytes, int at)
    {
        string text = $"S-{bytes[at]}-{bytes[at + 7]}";
        for (int i = 0; i < bytes[at + 1]; i++)
            text += "-" + BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 8 + (4 * i))..]);
        return text;
    }
}
