namespace ImageKitFs.Platform.Windows;

/// <summary>What the callbacks ask of the mounted host: late replies and notifications. A process edge, so that tests can stand on the other side.</summary>
internal interface IHostPort
{
    /// <summary>Names the request that is being served on this thread; to be taken before the callback returns STATUS_PENDING.</summary>
    ulong RequestHint();

    /// <summary>Ends a pending read. Exactly once for each; the buffer is not ours any more afterwards.</summary>
    void ReadDone(ulong hint, int status, uint bytes);

    /// <summary>Ends a pending write.</summary>
    void WriteDone(ulong hint, int status, uint bytes, in FileInfoFields info);

    /// <summary>Ends a pending reading of a folder.</summary>
    void DirectoryDone(ulong hint, int status, uint bytes);

    /// <summary>Tells the driver, and programs that watch folders, what changed. Holds renames back meanwhile: never from a callback's thread.</summary>
    /// <returns>A status; STATUS_CANT_WAIT when the driver is busy: later.</returns>
    int Notify(IReadOnlyList<NameChange> changes);
}

/// <summary>What happened to a name.</summary>
internal enum NameChangeKind
{
    /// <summary>It is there now.</summary>
    Added,

    /// <summary>It is gone.</summary>
    Removed,

    /// <summary>Its bytes or times are others now.</summary>
    Modified,
}

/// <summary>A change made elsewhere, by full path in stored case.</summary>
internal readonly record struct NameChange(string Path, NameChangeKind Kind, bool IsFolder);
