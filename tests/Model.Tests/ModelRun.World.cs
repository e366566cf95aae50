using ImageKitFs.Core.Names;

namespace ImageKitFs.Model.Tests;

/// <content>What happens around the mount: somebody else, and death.</content>
internal sealed partial class ModelRun
{
    /// <summary>Somebody else puts, overwrites or deletes, while nothing of ours is pending and nobody has the file open.</summary>
    private async Task StrangerAsync()
    {
        while (_open.Count > 0)
            await CloseAsync(0);
        await SyncAsync();
        NameMap names = new();
        ReferenceNode[] files = [.. _tree.Files.Where(file => file is { IsJunk: false, Content.Length: > 0 })];
        byte[] content = [.. AnyBytes(), 1];
        switch (_random.Next(3))
        {
            case 0 when files.Length > 0:
                ReferenceNode deleted = files[_random.Next(files.Length)];
                Say($"stranger deletes {deleted.Path}");
                _volume.Emulator.Store.Delete(RemoteOf(names, deleted));
                ReferenceTree.Detach(deleted);
                break;
            case 1 when files.Length > 0:
                ReferenceNode changed = files[_random.Next(files.Length)];
                Say($"stranger changes {changed.Path} {content.Length}");
                _volume.Emulator.Store.Put(RemoteOf(names, changed), content);
                changed.Content = changed.Durable = content;
                changed.Modified = null;
                break;
            default:
                ReferenceNode folder = AnyFolder();
                string name = $"x{_random.Next(4)}.bin";
                if (ReferenceTree.Find(folder, name) is not null)
                    break;
                Say($"stranger puts {folder.Path}/{name} {content.Length}");
                ReferenceTree.Create(folder, name, StrangersMode, out ReferenceNode put);
                _volume.Emulator.Store.Put(RemoteOf(names, put), content);
                put.Content = put.Durable = content;
                break;
        }

        await CompareTreeAsync(); // Until it shows: what follows is done by people who see it.
    }

    /// <summary>What the default umask leaves of a file that nobody gave a mode.</summary>
    private const uint StrangersMode = 0b110_100_100;

    /// <summary>SIGKILL: nothing more is sent, nothing is closed; what the disk has at that instant is all that the next mount finds.</summary>
    private async Task KillAsync()
    {
        Say("kill");
        for (int i = 0; i < _open.Count; i++)
        {
            if (_open[i].IsWritable)
                await FsyncAsync(i);
        }

        // Written and not synced: may be lost, and must then be lost whole.
        int unsynced = _open.FindIndex(open => open is { IsWritable: true, Node.Parent: not null });
        if (unsynced >= 0)
            await WriteAsync(unsynced);
        await _volume.KillAsync();
        _volume.Emulator.Faults.Replace(_settings.Faults);
        _open.Clear();
        _driver.Crash();
        _tree.Crash();
        await CompareTreeAsync();
    }
}
