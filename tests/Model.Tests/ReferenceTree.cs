using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Model.Tests;

/// <summary>What POSIX says that the calls do, in memory. Each call gives the errors that are right; the first one that is None takes effect.</summary>
internal sealed class ReferenceTree
{
    public ReferenceNode Root { get; } = new(isFolder: true);

    public IEnumerable<ReferenceNode> Folders => Root.Below().Where(node => node.IsFolder).Prepend(Root);

    public IEnumerable<ReferenceNode> Files => Root.Below().Where(node => !node.IsFolder);

    public static ReferenceNode? Find(ReferenceNode folder, string name) => folder.Children.GetValueOrDefault(name);

    public ReferenceNode? Find(string path)
    {
        ReferenceNode? at = Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            at = at is null ? null : Find(at, name);
        return at;
    }

    public static FsError Create(ReferenceNode folder, string name, uint mode, out ReferenceNode node)
    {
        node = new ReferenceNode(isFolder: false) { Mode = mode, IsJunk = IsJunkName(name) };
        if (Find(folder, name) is { } present)
        {
            node = present;
            return FsError.Exists;
        }

        Link(folder, name, node);
        return FsError.None;
    }

    public static FsError Mkdir(ReferenceNode folder, string name, uint mode)
    {
        if (Find(folder, name) is not null)
            return FsError.Exists;
        Link(folder, name, new ReferenceNode(isFolder: true) { Mode = mode });
        return FsError.None;
    }

    public static FsError Unlink(ReferenceNode folder, string name)
    {
        if (Find(folder, name) is not { } node)
            return FsError.NotFound;
        if (node.IsFolder)
            return FsError.IsDirectory;
        Detach(node);
        return FsError.None;
    }

    public static FsError Rmdir(ReferenceNode folder, string name)
    {
        if (Find(folder, name) is not { } node)
            return FsError.NotFound;
        if (!node.IsFolder)
            return FsError.NotDirectory;
        if (!IsEmptyForTheLibrary(node))
            return FsError.NotEmpty;
        Drop(node);
        return FsError.None;
    }

    public static FsError[] Rename(ReferenceNode from, string oldName, ReferenceNode to, string newName)
    {
        if (Find(from, oldName) is not { } node)
            return [FsError.NotFound];
        ReferenceNode? target = Find(to, newName);
        if (target == node)
            return [FsError.None];
        if (node.IsFolder && IsAtOrBelow(to, node))
            return [FsError.InvalidArgument, FsError.NotEmpty, FsError.NotDirectory];
        if (target is not null)
        {
            if (node.IsFolder && !target.IsFolder)
                return [FsError.NotDirectory];
            if (!node.IsFolder && target.IsFolder)
                return [FsError.IsDirectory];
            if (target.IsFolder && !IsEmptyForTheLibrary(target))
                return [FsError.NotEmpty];
            Drop(target);
        }

        Detach(node);
        Link(to, newName, node);
        // A name that a rename gave is kept, also that of a file which was made for reading and never written.
        if (!node.IsFolder)
            node.Durable ??= node.Content;
        if (NameRules.Classify(newName, isExclusiveReadWrite: false) == NameClass.Ordinary)
            node.IsJunk = false;
        return [FsError.None];
    }

    public static void Write(ReferenceNode file, int offset, byte[] data)
    {
        // A copy always: what was durable is another node's or an earlier instant's.
        byte[] content = new byte[Math.Max(file.Content.Length, offset + data.Length)];
        file.Content.CopyTo(content, 0);
        data.CopyTo(content, offset);
        file.Content = content;
        file.Modified = null;
    }

    public static void Truncate(ReferenceNode file, int size)
    {
        byte[] content = [.. file.Content];
        Array.Resize(ref content, size);
        file.Content = content;
        file.Modified = null;
    }

    /// <summary>What a crash leaves: files as of their last close or fsync, no others.</summary>
    public void Crash()
    {
        foreach (ReferenceNode file in Files.ToArray())
        {
            file.Handles = 0;
            if (file.Durable is not { } durable)
            {
                Detach(file);
                continue;
            }

            if (!durable.AsSpan().SequenceEqual(file.Content))
                file.Modified = null;
            file.Content = durable;
        }
    }

    public static bool IsJunkName(string name) => NameRules.Classify(name, isExclusiveReadWrite: false) == NameClass.Junk;

    public static void Detach(ReferenceNode node)
    {
        node.Parent?.Children.Remove(node.Name);
        node.Parent = null;
    }

    private static void Drop(ReferenceNode node)
    {
        foreach (ReferenceNode child in node.Children.Values.ToArray())
            Detach(child);
        Detach(node);
    }

    /// <summary>Junk alone does not keep a folder.</summary>
    private static bool IsEmptyForTheLibrary(ReferenceNode folder) => folder.Children.Values.All(child => child.IsJunk);

    private static bool IsAtOrBelow(ReferenceNode node, ReferenceNode ancestor)
    {
        for (ReferenceNode? at = node; at is not null; at = at.Parent)
        {
            if (at == ancestor)
                return true;
        }

        return false;
    }

    private static void Link(ReferenceNode folder, string name, ReferenceNode node)
    {
        folder.Children[name] = node;
        node.Parent = folder;
        node.Name = name;
    }
}
