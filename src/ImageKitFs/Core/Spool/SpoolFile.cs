using Microsoft.Win32.SafeHandles;

namespace ImageKitFs.Core.Spool;

/// <summary>An open file of the spool. Closing keeps the file.</summary>
internal sealed class SpoolFile(string name, SafeFileHandle handle) : IDisposable
{
    /// <summary>Its name within the spool folder when it was made; a sealed file may be renamed into the content cache while open.</summary>
    public string Name { get; } = name;

    public SafeFileHandle Handle { get; } = handle;

    public void Dispose() => Handle.Dispose();
}
