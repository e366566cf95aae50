using System.Text;

namespace ImageKitFs.Core.Tree;

/// <summary>Local and remote names of all rows in one block of UTF-8. The remote one takes no room where it is the same.</summary>
internal sealed class NameColumn
{
    private readonly byte[] _bytes;

    /// <summary>Where a row's bytes start: local name, then the remote one if it differs. One more entry ends the last row.</summary>
    private readonly int[] _starts;

    /// <summary>Bytes of the local name; it is a name of the port, so 255 at most.</summary>
    private readonly byte[] _lengths;

    public NameColumn(ReadOnlySpan<RowDraft> drafts)
    {
        _starts = new int[drafts.Length + 1];
        _lengths = new byte[drafts.Length];
        int total = 0;
        for (int row = 0; row < drafts.Length; row++)
        {
            int length = Encoding.UTF8.GetByteCount(drafts[row].Name);
            _lengths[row] = checked((byte)length);
            _starts[row] = total;
            total = checked(total + length);
            if (drafts[row].Name != drafts[row].RemoteName)
                total = checked(total + Encoding.UTF8.GetByteCount(drafts[row].RemoteName));
        }
        _starts[^1] = total;

        _bytes = new byte[total];
        for (int row = 0; row < drafts.Length; row++)
        {
            int start = _starts[row];
            Encoding.UTF8.GetBytes(drafts[row].Name, _bytes.AsSpan(start));
            if (drafts[row].Name != drafts[row].RemoteName)
                Encoding.UTF8.GetBytes(drafts[row].RemoteName, _bytes.AsSpan(start + _lengths[row]));
        }
    }

    public ReadOnlySpan<byte> Utf8(int row) => _bytes.AsSpan(_starts[row], _lengths[row]);

    public ReadOnlySpan<byte> RemoteUtf8(int row)
    {
        int remote = _starts[row] + _lengths[row];
        return remote == _starts[row + 1] ? Utf8(row) : _bytes.AsSpan(remote, _starts[row + 1] - remote);
    }
}
