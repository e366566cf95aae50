using System.Text;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Names;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;

namespace ImageKitFs.Model.Tests;

/// <summary>Random operations from one seed, each done in the volume and in the reference tree, and compared.</summary>
internal sealed partial class ModelRun
{
    private static readonly string[] FileNames = ["a", "b.txt", "c d.jpg", "ü.png", ".e.Xy12Zq", "g.tmp", ".DS_Store", "f~"];
    private static readonly string[] FolderNames = ["d", "e-2", "f.3"];

    private readonly ModelSettings _settings;
    private readonly Random _random;
    private readonly ReferenceTree _tree = new();
    private readonly List<(OpenedFile File, ReferenceNode Node, bool IsWritable)> _open = [];
    private readonly List<string> _steps = [];
    private readonly TestVolume _volume;
    private readonly VolumeDriver _driver;

    private ModelRun(ModelSettings settings, int seed, TestVolume volume)
    {
        _settings = settings;
        _random = new Random(seed);
        _volume = volume;
        _driver = new VolumeDriver(volume);
    }

    /// <summary>Runs one seed.</summary>
    /// <exception cref="ModelFailure">The volume and the reference tree differ; tells the seed and what was done.</exception>
    public static async Task RunAsync(ModelSettings settings, int seed)
    {
        await using TestVolume volume = await TestVolume.StartAsync(
            settings.Emulator with { Seed = seed },
            options => settings.Mount(options with { UnlinkQuiet = TimeSpan.FromMilliseconds(5), TransientDelay = TimeSpan.FromMinutes(10), CommitDeadline = TimeSpan.FromSeconds(20) }));
        ModelRun run = new(settings, seed, volume);
        try
        {
            await run.RunAsync().WaitAsync(TimeSpan.FromSeconds(90));
        }
        catch (Exception exception)
        {
            throw new ModelFailure($"Seed {seed}: {exception.Message}\n{run.Story()}", exception);
        }
    }

    private async Task RunAsync()
    {
        _volume.Emulator.Faults.Replace(_settings.Faults);
        for (int step = 1; step <= _settings.Steps; step++)
        {
            await StepAsync();
            if (_random.Next(2) == 0)
                _driver.ForgetAll();
            if (step % _settings.CompareEvery == 0)
                await CompareTreeAsync();
        }

        await CompareTreeAsync();
        foreach ((OpenedFile File, ReferenceNode Node, bool IsWritable) in _open.ToArray())
            await CloseAsync(0);
        _volume.Emulator.Faults.Clear();
        await SyncAsync();
        CompareLibrary();
        await CompareTreeAsync();
        _driver.ForgetAll();
        CompareSpool();
    }

    private async Task SyncAsync()
    {
        Say("sync");
        DrainReport report = await _volume.Volume.DrainAsync(TimeSpan.FromSeconds(30), progress: null, CancellationToken.None);
        if (!report.Complete)
            throw new InvalidOperationException($"{report.Remaining} operations remain: {string.Join("; ", report.Items)}");
    }

    private async Task CompareTreeAsync()
    {
        await CompareFoldersAsync();
        foreach ((OpenedFile file, ReferenceNode node, _) in _open)
            Same(node.Content, await RepeatAsync(() => _driver.ReadAsync(file)), "open file, now or once " + node.Name);
    }

    /// <summary>What others changed shows soon, not at once: a file of ours that they delete before a listing ever showed it is asked about first.</summary>
    private async Task CompareFoldersAsync()
    {
        using CancellationTokenSource hang = new(TimeSpan.FromSeconds(15));
        while (true)
        {
            try
            {
                await CompareFolderAsync(_tree.Root);
                return;
            }
            catch (InvalidOperationException) when (_settings.Strangers && !hang.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    private async Task CompareFolderAsync(ReferenceNode folder)
    {
        FsResult<List<(string Name, FileKind Kind, Attr Attr)>> listed = await RepeatAsync(() => _driver.ListAsync(folder.Path));
        if (!listed.Ok)
            throw new InvalidOperationException($"ls {folder.Path}/: {listed.Error}");
        string expected = string.Join(", ", folder.Children.Values.Select(child => child.Name + (child.IsFolder ? "/" : "")).Order(StringComparer.Ordinal));
        string found = string.Join(", ", listed.Value.Select(entry => entry.Name + (entry.Kind == FileKind.Directory ? "/" : "")).Order(StringComparer.Ordinal));
        if (expected != found)
            throw new InvalidOperationException($"{folder.Path}/ holds [{found}] instead of [{expected}]");
        foreach ((string name, FileKind kind, Attr attr) in listed.Value)
        {
            ReferenceNode node = folder.Children[name];
            if (kind == FileKind.File && attr.Size != node.Content.Length)
                throw new InvalidOperationException($"{node.Path} has {attr.Size} instead of {node.Content.Length} bytes");
            if (attr.Mode != node.Mode)
                throw new InvalidOperationException($"{node.Path} has mode {Convert.ToString(attr.Mode, 8)} instead of {Convert.ToString(node.Mode, 8)}");
            if (node.Modified is { } modified && attr.Modified.UnixNanoseconds != modified)
                throw new InvalidOperationException($"{node.Path} has mtime {attr.Modified.UnixNanoseconds} instead of {modified}");
            if (kind == FileKind.File)
                Same(node.Content, await RepeatAsync(() => _driver.ReadAsync(node.Path)), node.Path);
        }

        foreach (ReferenceNode child in folder.Children.Values.Where(child => child.IsFolder))
            await CompareFolderAsync(child);
    }

    /// <summary>The library has every ordinary file with its bytes, every folder, and nothing else.</summary>
    private void CompareLibrary()
    {
        NameMap names = new();
        Dictionary<string, LibraryEntry> remote = _volume.Emulator.Store.List().ToDictionary(entry => entry.Path + (entry.IsFolder ? "/" : ""));
        foreach (ReferenceNode node in _tree.Root.Below())
        {
            string path = RemoteOf(names, node);
            bool isThere = remote.Remove(path + (node.IsFolder ? "/" : ""));
            if (node.IsFolder && !isThere)
                throw new InvalidOperationException($"the library lacks the folder {path}");
            // Junk and empty files stay here; an emptied file may leave its last bytes there.
            if (node.IsFolder || node.Content.Length == 0 || node.IsJunk)
                continue;
            if (_volume.Emulator.Store.Read(path) is not { } bytes)
                throw new InvalidOperationException($"the library lacks {path}");
            Same(node.Content, bytes, path + " in the library");
        }

        if (remote.Count > 0)
            throw new InvalidOperationException($"the library has too much: {string.Join(", ", remote.Keys)}");
    }

    /// <summary>Nothing is left of what was committed or deleted.</summary>
    private void CompareSpool()
    {
        string[] layers = System.IO.Directory.GetFiles(Path.Combine(_volume.Options.StateDirectory, "spool"), "*.layer");
        int local = _tree.Files.Count(file => file.IsJunk && file.Content.Length > 0);
        if (layers.Length > local)
            throw new InvalidOperationException($"{layers.Length} spool files are left instead of {local}");
    }

    private static string RemoteOf(NameMap names, ReferenceNode node)
    {
        if (node.Parent is null)
            return "";
        if (names.TryToRemote(node.Name, node.IsFolder, out string remote) != FsError.None)
            throw new InvalidOperationException(node.Name);
        return RemoteOf(names, node.Parent) + "/" + remote;
    }

    private static void Same(byte[] expected, FsResult<byte[]> found, string what)
    {
        if (!found.Ok)
            throw new InvalidOperationException($"{what}: {found.Error}");
        if (expected.AsSpan().SequenceEqual(found.Value))
            return;
        int at = expected.AsSpan().CommonPrefixLength(found.Value);
        throw new InvalidOperationException($"{what}: {found.Value.Length} bytes instead of {expected.Length}, different from {at} on");
    }

    /// <summary>While faults are in force, what only reads may be asked again.</summary>
    private async Task<FsResult<T>> RepeatAsync<T>(Func<Task<FsResult<T>>> call)
    {
        FsResult<T> result = await call();
        for (int attempt = 1; attempt < 10 && IsPassing(result.Error); attempt++)
            result = await call();
        return result;
    }

    private bool IsPassing(FsError error) =>
        _settings.Faults.Length > 0 && error is FsError.Remote or FsError.TimedOut or FsError.Throttled or FsError.Busy;

    private void Say(string step) => _steps.Add(step);

    private string Story()
    {
        StringBuilder story = new();
        for (int i = 0; i < _steps.Count; i++)
            story.Append(i + 1).Append(". ").AppendLine(_steps[i]);
        story.AppendLine("log:");
        foreach (string line in _volume.Log.Lines.TakeLast(15))
            story.AppendLine(line);
        story.AppendLine("requests:");
        foreach (LoggedRequest request in _volume.Emulator.Log.TakeLast(30))
            story.AppendLine(request.ToString());
        return story.ToString();
    }
}

/// <summary>The volume did not do what a disk would have done.</summary>
internal sealed class ModelFailure(string message, Exception inner) : Exception(message, inner);
