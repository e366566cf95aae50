using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Model.Tests;

internal sealed partial class ModelRun
{
    private const uint FileMode = 0b110_100_100;
    private const uint FolderMode = 0b111_101_101;
    private const int MaxOpen = 4;
    private const int MaxDepth = 3;

    private async Task StepAsync()
    {
        switch (_random.Next(100))
        {
            case < 16:
                await PutAsync();
                break;
            case < 26:
                await OpenAsync();
                break;
            case < 38 when _open.Count > 0:
                await WriteAsync(_random.Next(_open.Count));
                break;
            case < 41 when _open.Count > 0:
                await FsyncAsync(_random.Next(_open.Count));
                break;
            case < 49 when _open.Count > 0:
                await CloseAsync(_random.Next(_open.Count));
                break;
            case < 56:
                await MkdirAsync();
                break;
            case < 61:
                await RmdirAsync();
                break;
            case < 69:
                await UnlinkAsync();
                break;
            case < 82:
                await RenameAsync(isFolder: false);
                break;
            case < 87:
                await RenameAsync(isFolder: true);
                break;
            case < 90:
                await SetAttrAsync();
                break;
            case < 93:
                await TruncateAsync();
                break;
            case < 96 when _settings.Strangers:
                await StrangerAsync();
                break;
            case < 98 when _settings.Kills:
                await KillAsync();
                break;
            default:
                await SaveByRenameAsync();
                break;
        }
    }

    private ReferenceNode AnyFolder()
    {
        ReferenceNode[] folders = [.. _tree.Folders.Where(folder => folder.Path.Count(c => c == '/') < MaxDepth)];
        return folders[_random.Next(folders.Length)];
    }

    private string AnyName(bool isFolder)
    {
        string[] pool = isFolder || (_settings.SharedNames && _random.Next(5) == 0) ? FolderNames : FileNames;
        return pool[_random.Next(pool.Length)];
    }

    /// <summary>A file that is there, mostly; else any name in any folder.</summary>
    private (ReferenceNode Folder, string Name) AnyPlace(bool isFolder)
    {
        ReferenceNode[] present = [.. (isFolder ? _tree.Folders.Skip(1) : _tree.Files)];
        if (present.Length > 0 && _random.Next(5) > 0)
        {
            ReferenceNode node = present[_random.Next(present.Length)];
            return (node.Parent!, node.Name);
        }

        return (AnyFolder(), AnyName(isFolder));
    }

    private byte[] AnyBytes()
    {
        // A few sizes only, so that one version is often as long as another.
        int[] sizes = [0, 1, 10, 10, 5000, 70_000];
        byte[] bytes = new byte[sizes[_random.Next(sizes.Length)]];
        _random.NextBytes(bytes);
        return bytes;
    }

    private async Task PutAsync()
    {
        (ReferenceNode folder, string name) = _random.Next(3) == 0 ? AnyPlace(isFolder: false) : (AnyFolder(), AnyName(isFolder: false));
        byte[] content = AnyBytes();
        Say($"put {folder.Path}/{name} {content.Length}");
        FsError expected = ReferenceTree.Create(folder, name, FileMode, out ReferenceNode node);
        if (node.IsFolder)
        {
            await ExpectAsync([FsError.IsDirectory], async () => (await _driver.CreateAsync(folder.Path, name, FileMode, OpenMode.Write)).Error);
            return;
        }

        FsResult<OpenedFile> opened = await RepeatAsync(() => expected == FsError.Exists
            ? _driver.OpenAsync(node.Path, OpenMode.Write | OpenMode.Truncate)
            : _driver.CreateAsync(folder.Path, name, FileMode, OpenMode.Write));
        if (!opened.Ok)
            throw new InvalidOperationException($"open for writing: {opened.Error}");
        if (node.Content.Length > 0)
            ReferenceTree.Truncate(node, 0);
        node.Handles++;
        _open.Add((opened.Value, node, true));
        if (content.Length > 0)
            await WriteAsync(_open.Count - 1, 0, content);
        await CloseAsync(_open.Count - 1);
    }

    private async Task OpenAsync()
    {
        if (_open.Count >= MaxOpen)
        {
            await CloseAsync(0);
            return;
        }

        (ReferenceNode folder, string name) = AnyPlace(isFolder: false);
        bool create = _random.Next(3) == 0;
        OpenMode mode = _random.Next(3) switch
        {
            0 => OpenMode.Read,
            1 => OpenMode.Read | OpenMode.Write,
            _ => OpenMode.Write | OpenMode.Append,
        };
        if (create && _random.Next(2) == 0)
            mode = OpenMode.Read | OpenMode.Write | OpenMode.Exclusive;
        Say($"open {folder.Path}/{name} {mode}{(create ? " create" : "")}");
        FsError expected = FsError.None;
        ReferenceNode? node = ReferenceTree.Find(folder, name);
        if (create && node is null)
            ReferenceTree.Create(folder, name, FileMode, out node);
        else if (node is null)
            expected = FsError.NotFound;
        else if (create && mode.HasFlag(OpenMode.Exclusive))
            expected = FsError.Exists;
        else if (node.IsFolder)
            expected = FsError.IsDirectory;
        FsResult<OpenedFile> opened = await RepeatAsync(() =>
            create ? _driver.CreateAsync(folder.Path, name, FileMode, mode) : _driver.OpenAsync($"{folder.Path}/{name}", mode));
        if (opened.Error != expected)
            throw new InvalidOperationException($"open: {opened.Error} instead of {expected}");
        if (!opened.Ok)
            return;
        node!.Handles++;
        _open.Add((opened.Value, node, mode.HasFlag(OpenMode.Write)));
    }

    private Task WriteAsync(int index)
    {
        byte[] data = AnyBytes();
        int size = _open[index].Node.Content.Length;
        int offset = _random.Next(3) == 0 ? size : _random.Next(size + 1);
        return WriteAsync(index, offset, data);
    }

    private async Task WriteAsync(int index, int offset, byte[] data)
    {
        (OpenedFile file, ReferenceNode node, bool isWritable) = _open[index];
        Say($"write {node.Path} ({node.Name}) {data.Length} at {offset}");
        FsResult<int> written = await _volume.FileSystem.WriteAsync(file.Inode, file.Handle, offset, data, CancellationToken.None);
        if (!isWritable)
        {
            if (written.Error != FsError.BadHandle)
                throw new InvalidOperationException($"write through a reading handle: {written.Error}");
            return;
        }

        if (!written.Ok || written.Value != data.Length)
            throw new InvalidOperationException($"write: {written.Error}");
        if (data.Length > 0)
            ReferenceTree.Write(node, offset, data);
    }

    private async Task FsyncAsync(int index)
    {
        (OpenedFile file, ReferenceNode node, _) = _open[index];
        Say($"fsync {node.Path} ({node.Name})");
        FsError error = await _volume.FileSystem.FsyncAsync(file.Inode, file.Handle, CancellationToken.None);
        if (error != FsError.None)
            throw new InvalidOperationException($"fsync: {error}");
        node.Durable = node.Content;
    }

    private async Task CloseAsync(int index)
    {
        (OpenedFile file, ReferenceNode node, bool isWritable) = _open[index];
        _open.RemoveAt(index);
        Say($"close {node.Path} ({node.Name})");
        node.Handles--;
        FsError error = await _driver.CloseAsync(file);
        if (error != FsError.None)
            throw new InvalidOperationException($"close: {error}");
        if (isWritable)
            node.Durable = node.Content;
    }

    private async Task MkdirAsync()
    {
        ReferenceNode folder = AnyFolder();
        string name = AnyName(isFolder: true);
        Say($"mkdir {folder.Path}/{name}");
        FsError expected = ReferenceTree.Mkdir(folder, name, FolderMode);
        await ExpectAsync([expected], () => _driver.MkdirAsync(folder.Path, name, FolderMode));
    }

    private async Task RmdirAsync()
    {
        (ReferenceNode folder, string name) = AnyPlace(isFolder: true);
        Say($"rmdir {folder.Path}/{name}");
        string path = folder.Path;
        FsError expected = ReferenceTree.Rmdir(folder, name);
        await ExpectAsync([expected], () => _driver.RmdirAsync(path, name), FsError.NotFound);
    }

    private async Task UnlinkAsync()
    {
        (ReferenceNode folder, string name) = AnyPlace(isFolder: false);
        Say($"unlink {folder.Path}/{name}");
        FsError expected = ReferenceTree.Unlink(folder, name);
        await ExpectAsync([expected], () => _driver.UnlinkAsync(folder.Path, name));
    }

    private async Task RenameAsync(bool isFolder)
    {
        (ReferenceNode from, string oldName) = AnyPlace(isFolder);
        (ReferenceNode to, string newName) = _random.Next(3) == 0 ? AnyPlace(isFolder) : (_random.Next(2) == 0 ? from : AnyFolder(), AnyName(isFolder));
        await RenameAsync(from, oldName, to, newName);
    }

    private async Task RenameAsync(ReferenceNode from, string oldName, ReferenceNode to, string newName)
    {
        Say($"rename {from.Path}/{oldName} -> {to.Path}/{newName}");
        string fromPath = from.Path;
        string toPath = to.Path;
        FsError[] expected = ReferenceTree.Rename(from, oldName, to, newName);
        await ExpectAsync(expected, () => _driver.RenameAsync(fromPath, oldName, toPath, newName), FsError.NotFound);
    }

    private async Task SaveByRenameAsync()
    {
        (ReferenceNode folder, string name) = AnyPlace(isFolder: false);
        string temporary = $".{name}.{_random.Next(100_000, 999_999)}";
        byte[] content = AnyBytes();
        Say($"save {folder.Path}/{name} {content.Length} through {temporary}");
        FsResult<OpenedFile> opened = await RepeatAsync(() =>
            _driver.CreateAsync(folder.Path, temporary, FileMode, OpenMode.Read | OpenMode.Write | OpenMode.Exclusive));
        if (!opened.Ok)
            throw new InvalidOperationException($"create a temporary: {opened.Error}");
        ReferenceTree.Create(folder, temporary, FileMode, out ReferenceNode node);
        node.Handles++;
        _open.Add((opened.Value, node, true));
        if (content.Length > 0)
            await WriteAsync(_open.Count - 1, 0, content);
        await CloseAsync(_open.Count - 1);
        await RenameAsync(folder, temporary, folder, name);
    }

    private async Task SetAttrAsync()
    {
        ReferenceNode[] nodes = [.. _tree.Root.Below()];
        if (nodes.Length == 0)
            return;
        ReferenceNode node = nodes[_random.Next(nodes.Length)];
        if (_random.Next(2) == 0)
        {
            node.Mode = (uint)_random.Next(0b1_000_000_000) | 0b100_000_000;
            Say($"chmod {node.Path} {Convert.ToString(node.Mode, 8)}");
            await ExpectAsync([FsError.None], () => _driver.SetAttrAsync(node.Path, new AttrChange(Mode: node.Mode)));
            return;
        }

        // A folder's time moves with its entries; only files keep theirs.
        long time = _random.NextInt64(1L << 60);
        node.Modified = node.IsFolder ? null : time;
        Say($"utimens {node.Path} {time}");
        await ExpectAsync([FsError.None], () => _driver.SetAttrAsync(node.Path, new AttrChange(Modified: TimeChange.To(new Timestamp(time)))));
    }

    private async Task TruncateAsync()
    {
        ReferenceNode[] files = [.. _tree.Files];
        if (files.Length == 0)
            return;
        ReferenceNode file = files[_random.Next(files.Length)];
        int size = _random.Next(3) switch
        {
            0 => 0,
            1 => _random.Next(file.Content.Length + 1),
            _ => file.Content.Length + _random.Next(2000),
        };
        Say($"truncate {file.Path} {size}");
        if (size != file.Content.Length)
            ReferenceTree.Truncate(file, size);
        else
            file.Modified = null;
        await ExpectAsync([FsError.None], () => _driver.SetAttrAsync(file.Path, new AttrChange(Size: size)));
        file.Durable = file.Content;
    }

    /// <summary>Does it and compares. While faults are in force a passing error is repeated; then the first attempt may have been the one.</summary>
    private async Task ExpectAsync(FsError[] expected, Func<Task<FsError>> call, FsError? afterRepeat = null)
    {
        FsError error = await call();
        bool isRepeated = false;
        for (int attempt = 1; attempt < 20 && IsPassing(error); attempt++)
        {
            isRepeated = true;
            error = await call();
        }

        if (!expected.Contains(error) && !(isRepeated && error == afterRepeat && expected.Contains(FsError.None)))
            throw new InvalidOperationException($"{error} instead of {string.Join(" or ", expected)}");
    }
}
