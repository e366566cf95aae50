using System.Diagnostics;

namespace ImageKitFs.Crash.Tests.Support;

/// <summary>What was under way when the mount died: it may have happened or not.</summary>
/// <param name="After">The state when it succeeds.</param>
/// <param name="IsAtomic">All or nothing; else each path may be in its old or its new state (a program that does many things).</param>
internal sealed record InFlight(World After, bool IsAtomic);

/// <summary>Random changes from a seed, as programs make them, with a record of what was acknowledged. Runs until the mount dies under it.</summary>
internal sealed class Workload(Random random, string mount, string scratch)
{
    /// <summary>Above this, more is deleted than made: each check reads everything.</summary>
    private const int ManyFiles = 30;

    /// <summary>A number of each kind of <see cref="Do(int)"/>, in an order in which each finds what it needs.</summary>
    private static readonly int[] EachKind = [0, 1, 62, 2, 14, 22, 28, 33, 37, 43, 75, 48, 54, 58, 67, 71, 86, 82, 76, 96, 120];

    private readonly List<string> _log = [];
    private int _names;

    /// <summary>Everything that returned success.</summary>
    public World Acknowledged { get; set; } = World.Empty;

    /// <summary>Set while a call is under way, and after the one that failed.</summary>
    public InFlight? Pending { get; set; }

    public string Tail() => string.Join('\n', _log.TakeLast(40));

    public void Note(string line) => _log.Add(line);

    /// <summary>One operation of a user.</summary>
    public void DoOne() => Do(random.Next(Acknowledged.Files.Count() > ManyFiles ? 130 : 100));

    /// <summary>At least one operation of each kind.</summary>
    public void DoEach()
    {
        foreach (int kind in EachKind)
            Do(kind);
    }

    private void Do(int kind)
    {
        int files = Acknowledged.Files.Count();
        switch (kind)
        {
            case < 14:
                Write(NewPath(), Posix.O_CREAT | Posix.O_TRUNC | Posix.O_WRONLY, Bytes());
                break;
            case < 22 when files > 0:
                Write(AnyFile(), Posix.O_TRUNC | Posix.O_WRONLY, Bytes());
                break;
            case < 28 when files > 0:
                Append(AnyFile());
                break;
            case < 33 when files > 0:
                Patch(AnyFile());
                break;
            case < 37 when files > 0:
                Truncate(AnyFile());
                break;
            case < 43 when files > 0:
                Rename(AnyFile(), NewPath());
                break;
            case < 48 when files > 1:
                Rename(AnyFile(), AnyFile());
                break;
            case < 54 when files > 0:
                SaveByRename(AnyFile());
                break;
            case < 58 when files > 0:
                SaveWithBackup(AnyFile());
                break;
            case < 62 when files > 0:
                Replace(AnyFile());
                break;
            case < 67:
                MakeFolders();
                break;
            case < 71:
                MoveFolder();
                break;
            case < 75:
                CopyFolder();
                break;
            case < 82:
                Rsync();
                break;
            case < 85:
                RemoveEmptyFolder();
                break;
            case < 90 when files > 0:
                WriteSynced(AnyFile());
                break;
            case >= 120:
                RemoveFolder();
                break;
            case >= 96 when files > 0:
                Unlink(AnyFile());
                break;
            default:
                SaveByRename(NewPath());
                break;
        }
    }

    /// <summary>What a kill left of temporary names goes; nothing promises it.</summary>
    public void RemoveTemporary(IEnumerable<string> paths)
    {
        foreach (string path in paths)
            Do($"unlink {path}", Acknowledged, () => Posix.Unlink(At(path)));
    }

    private void Write(string path, int flags, byte[] content) =>
        Do($"write {path} {content.Length}", Acknowledged.Put(path, content), () => Posix.Write(At(path), flags, content));

    private void Append(string path)
    {
        byte[] more = Bytes();
        Do($"append {path} {more.Length}", Acknowledged.Put(path, [.. Acknowledged.Content(path), .. more]), () => Posix.Write(At(path), Posix.O_WRONLY | Posix.O_APPEND, more));
    }

    private void Patch(string path)
    {
        byte[] old = Acknowledged.Content(path);
        byte[] patch = Bytes()[..^1];
        int offset = random.Next(old.Length + 1);
        byte[] content = new byte[Math.Max(old.Length, offset + patch.Length)];
        old.CopyTo(content, 0);
        patch.CopyTo(content, offset);
        if (patch.Length > 0)
            Do($"pwrite {path} at {offset} {patch.Length} of {old.Length}", Acknowledged.Put(path, content), () => Posix.Write(At(path), Posix.O_WRONLY, patch, offset));
    }

    private void Truncate(string path)
    {
        byte[] content = Acknowledged.Content(path);
        Array.Resize(ref content, random.Next(4) == 0 ? 0 : random.Next((content.Length * 2) + 10));
        Do($"truncate {path} {content.Length}", Acknowledged.Put(path, content), () => Posix.Truncate(At(path), content.Length));
    }

    private void Rename(string from, string to)
    {
        if (from != to)
            Do($"rename {from} {to}", Acknowledged.Move(from, to), () => Posix.Rename(At(from), At(to)));
    }

    private void Unlink(string path) => Do($"unlink {path}", Acknowledged.Remove(path), () => Posix.Unlink(At(path)));

    /// <summary>Unlink, then create under the same name: the new one must not be deleted by the old one's delete.</summary>
    private void Replace(string path)
    {
        Unlink(path);
        byte[] content = Bytes();
        Do($"create {path} {content.Length}", Acknowledged.Put(path, content), () => Posix.Write(At(path), Posix.O_CREAT | Posix.O_EXCL | Posix.O_WRONLY, content));
    }

    private void SaveByRename(string path)
    {
        byte[] content = [.. Bytes(), 1];
        string temporary = Sibling(path, $".{Path.GetFileName(path)}.{Letters(6)}");
        Do($"write {temporary} {content.Length}", Acknowledged, () => Posix.Write(At(temporary), Posix.O_CREAT | Posix.O_EXCL | Posix.O_RDWR, content, sync: random.Next(2) == 0));
        Do($"rename {temporary} {path}", Acknowledged.Put(path, content), () => Posix.Rename(At(temporary), At(path)));
    }

    /// <summary>As vim does it: the old file becomes the backup, a new one is written, the backup goes.</summary>
    private void SaveWithBackup(string path)
    {
        string backup = path + "~";
        if (Acknowledged.Has(backup))
            return;
        Rename(path, backup);
        byte[] content = Bytes();
        Do($"create {path} {content.Length}", Acknowledged.Put(path, content), () => Posix.Write(At(path), Posix.O_CREAT | Posix.O_EXCL | Posix.O_WRONLY, content, sync: true));
        Unlink(backup);
    }

    private void WriteSynced(string path)
    {
        byte[] content = Bytes();
        Do($"write {path} {content.Length} and fsync", Acknowledged.Put(path, content), () => Posix.Write(At(path), Posix.O_TRUNC | Posix.O_WRONLY, content, sync: true));
    }

    private void MakeFolders()
    {
        string path = NewPath("d");
        World after = Acknowledged.Mkdir(path);
        if (random.Next(2) == 0)
        {
            Do($"mkdir {path}", after, () => Posix.Mkdir(At(path)));
            return;
        }

        string deep = $"{path}/{NewName("d")}/{NewName("d")}";
        after = after.Mkdir(Path.GetDirectoryName(deep)!).Mkdir(deep);
        Run($"mkdir -p {deep}", after, "mkdir", "-p", At(deep));
    }

    private void MoveFolder()
    {
        string from = AnyFolder();
        string into = AnyFolder();
        if (from.Length == 0 || World.IsAtOrBelow(into, from))
            return;
        string to = Join(random.Next(2) == 0 ? into : Path.GetDirectoryName(from)!, random.Next(2) == 0 ? Path.GetFileName(from) : NewName("d"));
        if (!Acknowledged.Has(to))
            Rename(from, to);
    }

    private void CopyFolder()
    {
        string from = AnyFolder();
        if (from.Length == 0 || Acknowledged.Files.Count(path => World.IsAtOrBelow(path, from)) > 8)
            return;
        string to = NewPath("d");
        if (World.IsAtOrBelow(to, from))
            return;
        World after = Acknowledged;
        foreach ((string path, Node node) in Acknowledged.Nodes.Where(node => World.IsAtOrBelow(node.Key, from)))
            after = node.IsFolder ? after.Mkdir(to + path[from.Length..]) : after.Put(to + path[from.Length..], node.Content!);
        Run($"cp -r {from} {to}", after, "cp", "-r", At(from), At(to));
    }

    private void RemoveFolder()
    {
        string path = AnyFolder();
        if (path.Length > 0)
            Run($"rm -r {path}", Acknowledged.Remove(path), "rm", "-r", At(path));
    }

    private void RemoveEmptyFolder()
    {
        string? path = Acknowledged.Folders.FirstOrDefault(folder => !Acknowledged.Nodes.Keys.Any(key => key.StartsWith(folder + "/", StringComparison.Ordinal)));
        if (path is not null)
            Do($"rmdir {path}", Acknowledged.Remove(path), () => Posix.Rmdir(At(path)));
    }

    /// <summary>A tree of its own outside is changed and brought over, with deletions.</summary>
    private void Rsync()
    {
        string source = Path.Combine(scratch, "rs");
        Directory.CreateDirectory(source);
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            string file = Path.Combine(source, random.Next(2) == 0 ? "" : "sub", $"r{random.Next(6)}.bin");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            if (File.Exists(file) && random.Next(3) == 0)
                File.Delete(file);
            else
                File.WriteAllBytes(file, new byte[(File.Exists(file) ? new FileInfo(file).Length : 0) + random.Next(1, 5000)].Select(_ => (byte)random.Next(256)).ToArray());
        }

        World after = Acknowledged;
        if (after.Has("rs"))
        {
            foreach (string gone in after.Nodes.Keys.Where(key => key.StartsWith("rs/", StringComparison.Ordinal) && !Path.Exists(Path.Combine(source, key[3..]))).ToArray())
                after = after.Remove(gone);
        }

        after = after.Mkdir("rs");
        foreach (string found in Directory.EnumerateFileSystemEntries(source, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string path = "rs/" + Path.GetRelativePath(source, found);
            if (Directory.Exists(found))
                after = after.Mkdir(path);
            else if (File.ReadAllBytes(found) is var content && !(after.Has(path) && after.Content(path).AsSpan().SequenceEqual(content)))
                after = after.Put(path, content);
        }

        Run("rsync -a --delete", after, "rsync", "-a", "--delete", source + "/", At("rs") + "/");
    }

    private void Run(string name, World after, string program, params string[] arguments) => Do(
        name,
        after,
        () =>
        {
            ProcessStartInfo start = new(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new IOException($"{program} exits {process.ExitCode}: {error.Result}");
        },
        isAtomic: false);

    private void Do(string name, World after, Action call, bool isAtomic = true)
    {
        _log.Add(name);
        Pending = new InFlight(after, isAtomic);
        call();
        Acknowledged = after;
        Pending = null;
    }

    private string At(string path) => Path.Combine(mount, path);

    private string AnyFile() => Pick(Acknowledged.Files);

    private string AnyFolder() => Pick(Acknowledged.Folders.Where(path => !World.IsAtOrBelow(path, "rs")).Prepend(""));

    private string NewPath(string prefix = "f") => Join(AnyFolder(), NewName(prefix));

    private string NewName(string prefix) => $"{prefix}{_names++}{(prefix == "f" && random.Next(5) == 0 ? " ü+.jpg" : "")}";

    private string Pick(IEnumerable<string> paths)
    {
        string[] all = [.. paths];
        return all[random.Next(all.Length)];
    }

    private string Letters(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => (char)('a' + random.Next(26))));

    private byte[] Bytes()
    {
        byte[] bytes = new byte[random.Next(12) switch { 0 => 1, 1 => random.Next(200_000, 400_000), _ => random.Next(1, 9000) }];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Sibling(string path, string name) => Join(Path.GetDirectoryName(path)!, name);

    private static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";
}
