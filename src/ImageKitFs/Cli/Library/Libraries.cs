using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Direct;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImageKitFs.Cli.Library;

/// <summary>The libraries that one command works on, opened as its arguments name them: by options, environment or profile.</summary>
internal sealed class Libraries(MountRequest request) : IAsyncDisposable
{
    private const string MemoryFile = "copied.db";

    private readonly Dictionary<string, DirectLibrary> _byProfile = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _gate = new(1);
    private EmbeddedEmulator? _emulator;

    /// <param name="profile">Null: the account of the options.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The same object for the same account, whatever names it.</returns>
    public async Task<DirectLibrary> OpenAsync(string? profile, CancellationToken ct)
    {
        await _gate.WaitAsync(ct);
        try
        {
            string key = profile ?? "";
            if (_byProfile.TryGetValue(key, out DirectLibrary? known))
                return known;
            DirectLibrary library = await OpenAsync(RequestOf(profile), ct);
            if (_byProfile.Values.FirstOrDefault(other => other.Account == library.Account) is { } same)
            {
                library.Dispose();
                library = same;
            }

            _byProfile.Add(key, library);
            return library;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The account that a profile names, or the options.</summary>
    public MountRequest RequestOf(string? profile) => profile is null ? request : new MountRequest { MountPoint = request.MountPoint, Profile = profile };

    /// <summary>The emulator that stands for it; null for an account.</summary>
    public EmbeddedEmulator? EmulatorOf(string? profile) => profile is null ? _emulator : null;

    public async ValueTask DisposeAsync()
    {
        foreach (DirectLibrary library in _byProfile.Values.Distinct())
            library.Dispose();
        if (_emulator is not null)
            await _emulator.DisposeAsync();
        _gate.Dispose();
    }

    private async Task<DirectLibrary> OpenAsync(MountRequest account, CancellationToken ct)
    {
        MountOptionsFactory.RequireAccount(account);
        EmbeddedEmulator? emulator = await EmbeddedEmulator.StartAsync(account, ct);
        _emulator ??= emulator;
        MountOptions options = MountOptionsFactory.Create(account, emulator);
        return DirectLibrary.Open(options, Path.Combine(options.StateDirectory, MemoryFile), TimeProvider.System, NullLogger.Instance);
    }
}
