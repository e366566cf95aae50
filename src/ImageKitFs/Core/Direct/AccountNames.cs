using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;

namespace ImageKitFs.Core.Direct;

/// <summary>The name map of one account: whether it keeps '-' in folder names is learnt from a reply, and remembered.</summary>
internal sealed class AccountNames(VersionMemory memory, int maxNameBytes)
{
    private const string MetaKey = "folder-dash";
    private const string Replaced = "replaced";

    private volatile NameMap? _map;

    private NameMap Map => _map ??= new NameMap(memory.GetMeta(MetaKey) == Replaced, maxNameBytes);

    public string ToLocal(string remoteName, bool isFolder) => Map.ToLocal(remoteName, isFolder);

    public bool IsStable(string remoteName) => Map.IsStableUnderV1(remoteName, isFolder: false);

    /// <exception cref="LibraryException">No name that the library can hold.</exception>
    public string ToRemote(string localName, bool isFolder) => Map.TryToRemote(localName, isFolder, out string remote) switch
    {
        FsError.None => remote,
        FsError.NameTooLong => throw new LibraryException(LibraryFailure.NotStorable, $"'{localName}' is too long for the library, which needs several characters for each that it does not know"),
        _ => throw new LibraryException(LibraryFailure.NotStorable, $"'{localName}' is no name that the library can hold"),
    };

    /// <summary>How a folder of this path is spelt in the library, unless it was made otherwise; null when it has no spelling.</summary>
    public string? RemoteFolderOf(string path)
    {
        string remote = RemotePath.Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Map.TryToRemote(name, isFolder: true, out string spelt) != FsError.None)
                return null;
            remote = RemotePath.Combine(remote, spelt);
        }

        return remote;
    }

    /// <summary>The account turns '-' in folder names into '_'.</summary>
    public void AdoptStricter()
    {
        memory.SetMeta(MetaKey, Replaced);
        _map = new NameMap(escapeFolderDash: true, maxNameBytes);
    }
}
