using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests;

/// <summary>One mount for all tests of a class; each works in a folder of its own.</summary>
public class MountFixture : IAsyncLifetime
{
    private MountedLibrary? _library;

    protected virtual string[] Options => [];

    /// <summary>The mount; where there is no device the test is skipped.</summary>
    public MountedLibrary Library
    {
        get
        {
            Kernel.Require();
            return _library!;
        }
    }

    public async Task InitializeAsync()
    {
        if (MountedLibrary.IsPossible)
            _library = await MountedLibrary.StartAsync(options: Options);
    }

    public async Task DisposeAsync()
    {
        if (_library is not null)
            await _library.DisposeAsync();
    }
}

/// <summary>Whether this machine can mount at all.</summary>
internal static class Kernel
{
    /// <summary>Skips only where there is no device; where there is one, what does not work is a failure.</summary>
    public static void Require() => Skip.IfNot(MountedLibrary.IsPossible, "there is no /dev/fuse");
}
