using System.Text;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Names;

/// <summary>Absolute paths of the library: "/" or "/a/b", no trailing slash, compared ordinally (the service is case-sensitive).</summary>
internal static class RemotePath
{
    public const string Root = "/";

    /// <summary>The service documents no limit; 1000 bytes keeps its percent-encoded URL within what every CDN accepts for most names.</summary>
    public const int DefaultMaxBytes = 1000;

    /// <summary>Folder levels that an upload may name (imagekit-api.md 2.4).</summary>
    public const int MaxFolderDepth = 50;

    /// <summary>A child's path.</summary>
    public static string Combine(string folder, string name) => IsRoot(folder) ? Root + name : $"{folder}/{name}";

    public static bool IsRoot(string path) => path is Root or "";

    /// <summary>The folder that holds <paramref name="path"/>; the root's parent is the root.</summary>
    public static string Parent(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash <= 0 ? Root : path[..slash];
    }

    /// <summary>The last component; empty for the root.</summary>
    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>True when <paramref name="path"/> lies below <paramref name="ancestor"/>, at any depth; a path is not below itself.</summary>
    public static bool IsBelow(string path, string ancestor) =>
        IsRoot(ancestor)
            ? !IsRoot(path)
            : path.Length > ancestor.Length && path[ancestor.Length] == '/' && path.StartsWith(ancestor, StringComparison.Ordinal);

    /// <summary>What <paramref name="path"/>, at or below <paramref name="oldAncestor"/>, is called once that is renamed to <paramref name="newAncestor"/>.</summary>
    public static string Rebase(string path, string oldAncestor, string newAncestor)
    {
        if (path == oldAncestor)
            return newAncestor;
        string below = IsRoot(oldAncestor) ? path : path[oldAncestor.Length..];
        return IsRoot(newAncestor) ? below : newAncestor + below;
    }

    /// <summary>Folder levels: 0 for the root, 1 for "/a".</summary>
    public static int Depth(string path) => IsRoot(path) ? 0 : path.AsSpan().Count('/');

    /// <summary><see cref="FsError.NameTooLong"/> for a path that the service may not store, else <see cref="FsError.None"/>.</summary>
    public static FsError Check(string path, bool isFolder, int maxBytes = DefaultMaxBytes)
    {
        int folderDepth = isFolder ? Depth(path) : Depth(Parent(path));
        return folderDepth > MaxFolderDepth || Encoding.UTF8.GetByteCount(path) > maxBytes ? FsError.NameTooLong : FsError.None;
    }

    /// <summary>True for "/" and for paths made of components that can neither climb nor vanish: not empty, not "." or "..", no NUL, well-formed Unicode.</summary>
    public static bool IsWellFormed(string path)
    {
        if (path == Root)
            return true;
        if (path.Length < 2 || path[0] != '/' || path.Contains('\0', StringComparison.Ordinal))
            return false;
        foreach (Range range in path.AsSpan(1).Split('/'))
        {
            if (path.AsSpan(1)[range] is "" or "." or "..")
                return false;
        }

        return IsWellFormedUnicode(path);
    }

    /// <summary>Each component percent-encoded as UTF-8 for a delivery URL, without the leading slash: what is signed is what is sent.</summary>
    public static string ToUrlPath(string path)
    {
        string[] segments = path.TrimStart('/').Split('/');
        for (int i = 0; i < segments.Length; i++)
            segments[i] = Uri.EscapeDataString(segments[i]);
        return string.Join('/', segments);
    }

    /// <summary>True when every surrogate has its partner.</summary>
    public static bool IsWellFormedUnicode(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out int consumed) != System.Buffers.OperationStatus.Done)
                return false;
            text = text[consumed..];
        }

        return true;
    }
}
