namespace ImageKitFs.Platform.Windows;

/// <summary>What one mounted volume shows and how long it waits.</summary>
internal sealed record WinFspVolumeSettings
{
    /// <summary>The descriptor of every file.</summary>
    internal required SecurityDescriptors Security { get; init; }

    /// <summary>The name of the volume in Explorer; cut to 32 units.</summary>
    internal string Label { get; init; } = "ImageKit";

    /// <summary>Which account this is: the volume's serial number and creation time depend on it.</summary>
    internal string Account { get; init; } = "";

    /// <summary>`\imagekitfs\account` for a network drive; null for a disk.</summary>
    internal string? Prefix { get; init; }

    /// <summary>Shown by programs that ask for the file system's name; some insist on NTFS.</summary>
    internal string FileSystemName { get; init; } = "ImageKitFS";

    /// <summary>How long closing a file waits for its upload. The upload goes on afterwards, and `status` shows it.</summary>
    internal TimeSpan CloseWait { get; init; } = DefaultCloseWait;

    /// <summary>How long a call that cannot be answered later may take: the calling program cannot be ended meanwhile.</summary>
    internal TimeSpan CallLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often folders that are open in Explorer are listed again; zero = never.</summary>
    internal TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>30 s: 100 MB at 25 Mbit/s. A longer wait would make Explorer look hung, since the file is locked by the driver meanwhile.</summary>
    internal static readonly TimeSpan DefaultCloseWait = TimeSpan.FromSeconds(30);
}
