namespace ImageKitFs.Core.Direct;

/// <summary>A folder to store into: one that is there, or one that the first upload makes.</summary>
public sealed class FolderTarget
{
    private readonly AccountNames _names;
    private readonly FolderTarget? _parent;
    private readonly FolderView? _view;

    internal FolderTarget(AccountNames names, FolderView view)
    {
        _names = names;
        _view = view;
        Path = view.Path;
    }

    private FolderTarget(FolderTarget parent, string name)
    {
        _names = parent._names;
        _parent = parent;
        Path = Names.RemotePath.Combine(parent.Path, name);
    }

    /// <summary>As the user sees it.</summary>
    public string Path { get; }

    /// <summary>False for one that is not in the library yet.</summary>
    public bool Exists => _view is not null;

    /// <summary>What it holds; empty for one that is not in the library yet.</summary>
    public IReadOnlyList<LibraryEntry> Entries => _view?.Entries ?? [];

    internal FolderView? View => _view;

    /// <summary>Spelt when it is asked for: how the account spells folders may be learnt meanwhile.</summary>
    internal string RemotePath => _view?.RemotePath ?? Names.RemotePath.Combine(_parent!.RemotePath, _names.ToRemote(Names.RemotePath.Name(Path), isFolder: true));

    /// <summary>Null when there is none of that name.</summary>
    public LibraryEntry? Find(string name) => _view?.Find(name);

    /// <summary>A folder in it that is not in the library yet.</summary>
    public FolderTarget New(string name) => new(this, name);
}

/// <summary>What a file carries besides its bytes.</summary>
/// <param name="Tags">Empty for none.</param>
/// <param name="Description">Text or null.</param>
/// <param name="CustomCoordinates">x,y,w,h or null.</param>
/// <param name="CustomMetadataJson">A JSON object or null; its fields must be defined in the account.</param>
/// <param name="IsPrivate">Only signed URLs read it.</param>
public sealed record FileMarks(IReadOnlyList<string> Tags, string? Description, string? CustomCoordinates, string? CustomMetadataJson, bool IsPrivate)
{
    /// <summary>Those of a file of a library.</summary>
    public static FileMarks Of(LibraryEntry file)
    {
        ArgumentNullException.ThrowIfNull(file);
        Api.LibraryRow row = file.File;
        return new FileMarks(row.Tags, row.Description, row.CustomCoordinates, row.CustomMetadataJson, row.IsPrivate);
    }
}
