using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace ImageKitFs.Platform.Windows;

/// <summary>The one security descriptor of a mount: who mounted it may do everything, or only read; so may the system and administrators.</summary>
/// <remarks>
/// The library knows no owners, so every file has the same. Masks are file rights, not generic ones: those would have to be mapped and are not.
/// Built by hand, since the framework's types work on Windows only. Layout: SECURITY_DESCRIPTOR_RELATIVE, ACL, ACCESS_ALLOWED_ACE in winnt.h.
/// Source: winfsp.md section 9.
/// </remarks>
internal sealed class SecurityDescriptors
{
    /// <summary>FILE_ALL_ACCESS, "FA".</summary>
    internal const uint FullAccess = 0x001F01FF;

    /// <summary>FILE_GENERIC_READ | FILE_GENERIC_EXECUTE, "FRFX".</summary>
    internal const uint ReadAndExecute = 0x001200A9;

    private const int HeaderLength = 20;
    private const int AclHeaderLength = 8;
    private const int AceHeaderLength = 8;
    private const byte DescriptorRevision = 1;
    private const byte AclRevision = 2;

    /// <summary>OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE, "OICI".</summary>
    private const byte InheritByAll = 0x3;

    /// <summary>SE_SELF_RELATIVE | SE_DACL_PROTECTED | SE_DACL_PRESENT.</summary>
    private const ushort Control = 0x8000 | 0x1000 | 0x0004;

    private readonly byte[] _bytes;

    private SecurityDescriptors(byte[] bytes, string sddl)
    {
        _bytes = bytes;
        Sddl = sddl;
    }

    /// <summary>The descriptor as text, for the log and for the mount call.</summary>
    internal string Sddl { get; }

    /// <summary>A fresh copy of the self-relative descriptor: the binding may keep or change what it is given.</summary>
    internal byte[] ToBytes() => [.. _bytes];

    /// <summary>Builds the descriptor.</summary>
    /// <param name="owner">The user who mounts.</param>
    /// <param name="isReadOnly">Nobody may write.</param>
    /// <param name="allowOther">Every authenticated user has the same access (--allow-other).</param>
    internal static SecurityDescriptors For(Sid owner, bool isReadOnly, bool allowOther)
    {
        List<Sid> trustees = [owner, Sid.LocalSystem, Sid.Administrators];
        if (allowOther)
            trustees.Add(Sid.AuthenticatedUsers);
        uint mask = isReadOnly ? ReadAndExecute : FullAccess;
        return new SecurityDescriptors(Encode(owner, trustees, mask), Describe(owner, trustees, isReadOnly));
    }

    private static byte[] Encode(Sid owner, List<Sid> trustees, uint mask)
    {
        int ownerLength = owner.Bytes.Length;
        int aclLength = AclHeaderLength + trustees.Sum(trustee => AceHeaderLength + trustee.Bytes.Length);
        int aclAt = HeaderLength + (2 * ownerLength);
        byte[] bytes = new byte[aclAt + aclLength];

        Span<byte> header = bytes;
        header[0] = DescriptorRevision;
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], Control);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], HeaderLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], HeaderLength + ownerLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], aclAt);
        owner.Bytes.CopyTo(header[HeaderLength..]);
        owner.Bytes.CopyTo(header[(HeaderLength + ownerLength)..]);

        Span<byte> acl = bytes.AsSpan(aclAt);
        acl[0] = AclRevision;
        BinaryPrimitives.WriteUInt16LittleEndian(acl[2..], (ushort)aclLength);
        BinaryPrimitives.WriteUInt16LittleEndian(acl[4..], (ushort)trustees.Count);
        Span<byte> ace = acl[AclHeaderLength..];
        foreach (Sid trustee in trustees)
        {
            int length = AceHeaderLength + trustee.Bytes.Length;
            ace[1] = InheritByAll;
            BinaryPrimitives.WriteUInt16LittleEndian(ace[2..], (ushort)length);
            BinaryPrimitives.WriteUInt32LittleEndian(ace[4..], mask);
            trustee.Bytes.CopyTo(ace[AceHeaderLength..]);
            ace = ace[length..];
        }

        return bytes;
    }

    private static string Describe(Sid owner, List<Sid> trustees, bool isReadOnly)
    {
        var sddl = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"O:{owner}G:{owner}D:P"));
        foreach (Sid trustee in trustees)
            sddl.Append("(A;OICI;").Append(isReadOnly ? "0x1200a9" : "FA").Append(";;;").Append(Abbreviate(trustee)).Append(')');
        return sddl.ToString();
    }

    private static string Abbreviate(Sid sid) =>
        sid == Sid.LocalSystem ? "SY" : sid == Sid.Administrators ? "BA" : sid == Sid.AuthenticatedUsers ? "AU" : sid.ToString();
}
