using ImageKitFs.Cli.Profiles.Bus;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Profiles;

/// <summary>Puts the key of a profile away and gets it back: in the desktop's keyring, or in the profile's own file.</summary>
internal sealed class KeyVault(Func<string, string?> environment)
{
    /// <summary>The profile with its key put away.</summary>
    /// <param name="name">The profile's name.</param>
    /// <param name="profile">All but its key.</param>
    /// <param name="key">The key as text.</param>
    /// <param name="place">Where to.</param>
    /// <exception cref="CliException">The keyring was asked for and is not there, or did not take it.</exception>
    public Profile Keep(string name, Profile profile, string key, KeyPlace place)
    {
        if (place != KeyPlace.File && OperatingSystem.IsLinux())
        {
            using SecretService? keyring = SecretService.TryOpen(environment);
            try
            {
                if (keyring is not null)
                {
                    string id = Guid.NewGuid().ToString("N");
                    keyring.Store(id, $"imagekitfs: {name} ({profile.UrlEndpoint})", name, key);
                    return profile with { KeyringId = id };
                }
            }
            catch (BusException e) when (place == KeyPlace.Auto)
            {
                _ = e; // A keyring that does not take it is as good as none.
            }
            catch (BusException e)
            {
                throw new CliException(ExitCode.Failed, $"the keyring did not take the key: {e.Message}", e);
            }
        }

        if (place == KeyPlace.Keyring)
            throw new CliException(ExitCode.Failed, "there is no keyring to keep the key in: no session bus here offers a Secret Service; --keep file keeps it in a file that only you can read");
        return profile with { Key = KeyProtection.Protect(key) };
    }

    /// <exception cref="CliException">BadKey: the keyring is away, locked or has it no more; or the file's key is damaged.</exception>
    public SecretKey Open(string name, Profile profile)
    {
        string text = profile.KeyringId is { } id ? FromKeyring(name, id) : KeyProtection.Unprotect(profile.Key ?? "", name);
        return SecretKey.TryCreate(text, out SecretKey? key) is { } problem
            ? throw new CliException(ExitCode.BadKey, $"the key of profile {name} cannot be used; store it again with imagekitfs login --profile {name}: {problem}")
            : key!;
    }

    /// <summary>Removes the key from the keyring, when it is there.</summary>
    /// <returns>False when the keyring could not be asked: the key may still be in it.</returns>
    public bool Forget(Profile profile)
    {
        if (profile.KeyringId is not { } id || !OperatingSystem.IsLinux())
            return true;
        using SecretService? keyring = SecretService.TryOpen(environment);
        try
        {
            keyring?.Remove(id);
            return keyring is not null;
        }
        catch (BusException)
        {
            return false;
        }
    }

    /// <summary>Where a profile's key is, as `profiles --json` says it: keyring, dpapi or file.</summary>
    public static string PlaceOf(Profile profile) => profile.KeyringId is not null ? "keyring" : OperatingSystem.IsWindows() ? "dpapi" : "file";

    private string FromKeyring(string name, string id)
    {
        const string otherWays = "log in to the desktop, or name another key with --key-file or IMAGEKIT_PRIVATE_KEY, or store it in a file with imagekitfs login --keep file";
        if (!OperatingSystem.IsLinux())
            throw new CliException(ExitCode.BadKey, $"the key of profile {name} is in a keyring of another system; store it again with imagekitfs login --profile {name}");
        using SecretService? keyring = SecretService.TryOpen(environment)
            ?? throw new CliException(ExitCode.BadKey, $"the key of profile {name} is in the keyring, and no session bus here offers one; {otherWays}");
        try
        {
            return keyring.Find(id)
                ?? throw new CliException(ExitCode.BadKey, $"the keyring no longer has the key of profile {name}; store it again with imagekitfs login --profile {name}");
        }
        catch (BusException e)
        {
            throw new CliException(ExitCode.BadKey, $"the key of profile {name} cannot be read from the keyring: {e.Message}; {otherWays}", e);
        }
    }
}
