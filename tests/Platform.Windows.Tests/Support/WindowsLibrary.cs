using System.Text;
using ImageKitFs.Core.Config;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;

namespace ImageKitFs.Platform.Windows.Tests.Support;

/// <summary>A library behind the shim, without a driver: emulator, engine, callbacks, and <see cref="FakeFsd"/> for Windows.</summary>
internal sealed class WindowsLibrary : IAsyncDisposable
{
    private WindowsLibrary(TestVolume volume, WinFspVolume shim, FakeFsd fsd)
    {
        Volume = volume;
        Shim = shim;
        Fsd = fsd;
    }

    internal TestVolume Volume { get; }

    internal WinFspVolume Shim { get; private set; }

    internal FakeFsd Fsd { get; private set; }

    internal EmulatorServer Emulator => Volume.Emulator;

    internal long Uploads => Emulator.Stats.Count("upload");

    internal static async Task<WindowsLibrary> StartAsync(
        Action<EmulatorServer>? seed = null, Func<WinFspVolumeSettings, WinFspVolumeSettings>? configure = null, Func<MountOptions, MountOptions>? options = null,
        EmulatorOptions? emulator = null)
    {
        // As the command line has it on Windows: a rename never waits for the service.
        TestVolume volume = await TestVolume.StartAsync(emulator, mount => (options ?? (same => same))(mount with { RenameWait = TimeSpan.Zero }), seed: seed);
        WinFspVolumeSettings settings = new()
        {
            Security = SecurityDescriptors.For(Sid.Of("S-1-5-21-1-2-3-1001"), isReadOnly: false, allowOther: false),
            WatchInterval = TimeSpan.Zero,
        };
        settings = configure?.Invoke(settings) ?? settings;
        WinFspVolume shim = NewShim(volume, settings, out FakeFsd fsd);
        return new WindowsLibrary(volume, shim, fsd) { Settings = settings };
    }

    private WinFspVolumeSettings Settings { get; init; } = null!;

    /// <summary>Unmounts and mounts again over the same folders.</summary>
    internal async Task RemountAsync()
    {
        Shim.Unmounted(new object());
        Shim.Dispose();
        await Volume.RemountAsync();
        Shim = NewShim(Volume, Settings, out FakeFsd fsd);
        Fsd = fsd;
    }

    /// <summary>The process and its drive are gone from one instant to the next; then it is mounted again.</summary>
    internal async Task CrashAsync()
    {
        WinFspVolume dead = Shim;
        await Volume.KillAsync();
        dead.Dispose();
        Shim = NewShim(Volume, Settings, out FakeFsd fsd);
        Fsd = fsd;
    }

    /// <summary>Writes a file as CopyFileEx and Explorer do: length first, then the data, the times, and the close.</summary>
    internal void CopyIn(string path, byte[] content, ulong lastWrite = 0)
    {
        FakeHandle handle = Fsd.Open(path, Disposition.CreateAlways, Access.ReadWrite | Access.Delete, Share.None);
        FakeFsd.Require("size", Fsd.SetSize(handle, (ulong)content.Length));
        const int Step = 1 << 20;
        for (int at = 0; at < content.Length; at += Step)
            Fsd.Write(handle, (ulong)at, content[at..Math.Min(at + Step, content.Length)]);
        if (lastWrite != 0)
            FakeFsd.Require("times", Fsd.SetBasicInfo(handle, attributes: 0x20, written: lastWrite));
        Fsd.Close(handle);
    }

    internal void CopyIn(string path, string content) => CopyIn(path, Encoding.UTF8.GetBytes(content));

    internal byte[] ReadFile(string path)
    {
        FakeHandle handle = Fsd.Open(path, Disposition.OpenExisting, Access.Read);
        byte[] content = Fsd.ReadAll(handle);
        Fsd.Close(handle);
        return content;
    }

    internal string ReadText(string path) => Encoding.UTF8.GetString(ReadFile(path));

    /// <summary>DeleteFile and RemoveDirectory.</summary>
    internal int Delete(string path, bool isDirectory = false)
    {
        (int status, FakeHandle? handle) = Fsd.Create(path, Disposition.OpenExisting, Access.Delete, isDirectory: isDirectory);
        if (handle is null)
            return status;
        status = Fsd.SetDelete(handle);
        Fsd.Close(handle);
        return status;
    }

    /// <summary>MoveFileEx.</summary>
    internal int Move(string path, string newPath, bool replace = false)
    {
        (int status, FakeHandle? handle) = Fsd.Create(path, Disposition.OpenExisting, Access.Delete | Access.ReadAttributes);
        if (handle is null)
            return status;
        status = Fsd.Rename(handle, newPath, replace);
        Fsd.Close(handle);
        return status;
    }

    internal int MakeFolder(string path)
    {
        (int status, FakeHandle? handle) = Fsd.Create(path, Disposition.CreateNew, Access.Read, isDirectory: true, attributes: 0x10);
        if (handle is not null)
            Fsd.Close(handle);
        return status;
    }

    internal List<string> Names(string folder) => [.. Fsd.List(folder).Select(row => row.Name).Where(name => name is not ("." or ".."))];

    internal string? Stored(string path) => Emulator.Store.Read(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    public async ValueTask DisposeAsync()
    {
        Shim.Unmounted(new object());
        Shim.Dispose();
        await Volume.DisposeAsync();
    }

    private static WinFspVolume NewShim(TestVolume volume, WinFspVolumeSettings settings, out FakeFsd fsd)
    {
        WinFspVolume shim = new(volume.FileSystem, settings, volume.Log.CreateLogger("windows"), TimeProvider.System);
        fsd = new FakeFsd(shim);
        shim.Attach(fsd);
        shim.Mounted(new object());
        return shim;
    }
}
