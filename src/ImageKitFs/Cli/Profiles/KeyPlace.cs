namespace ImageKitFs.Cli.Profiles;

/// <summary>Where the key of a profile may be kept.</summary>
internal enum KeyPlace
{
    /// <summary>In the keyring where there is one, else in the file.</summary>
    Auto,

    /// <summary>In the desktop's keyring (Secret Service).</summary>
    Keyring,

    /// <summary>In the profile's file: readable by its owner alone, on Windows encrypted for the user.</summary>
    File,
}
