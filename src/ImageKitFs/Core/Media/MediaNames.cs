using System.Text;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Core.Media;

/// <summary>Paths as people write them, and as the service stores them.</summary>
internal static class MediaNames
{
    private static readonly NameMap Map = new();

    /// <summary>As the mount shows it.</summary>
    public static string ToShown(string storedPath, bool isFolder)
    {
        string[] names = Split(storedPath);
        for (int i = 0; i < names.Length; i++)
            names[i] = Map.ToLocal(names[i], isFolder || i < names.Length - 1);
        return "/" + string.Join('/', names);
    }

    /// <summary>Where the service may have it: escaped as the mount stores it; as it is written, for files that other clients stored.</summary>
    /// <exception cref="MediaException">It is no path.</exception>
    public static IReadOnlyList<string> StoredAs(string path, bool isFolder)
    {
        string[] names = Split(path);
        if (names.Length == 0)
            return [RemotePath.Root];
        string literal = "/" + string.Join('/', names);
        string escaped = "/" + string.Join('/', names.Select((name, i) => Stored(name, isFolder || i < names.Length - 1)));
        return escaped == literal || !RemotePath.IsWellFormed(literal) ? [escaped] : [escaped, literal];
    }

    /// <summary>The stored form of what a name begins with.</summary>
    public static string Stored(string name, bool isFolder)
    {
        FsError error = Map.TryToRemote(name, isFolder, out string stored);
        return error switch
        {
            FsError.None => stored,
            FsError.NameTooLong => throw new MediaException(MediaFailure.BadValue, $"'{name}' is longer than a name in the library can be"),
            _ => throw new MediaException(MediaFailure.BadValue, $"'{name}' is no file name"),
        };
    }

    /// <summary>A literal of the search language.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (char c in text)
        {
            if (c is '"' or '\\')
                quoted.Append('\\');
            quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }

    private static string[] Split(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);
}
