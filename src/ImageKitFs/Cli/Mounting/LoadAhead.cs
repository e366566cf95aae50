using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// Loads what a mount may need of this program later, when an update is about to put another file in its place: the parts of a single file are opened
/// by its name when they are first used.
/// </summary>
/// <remarks>
/// dpkg and install.sh write the new file beside the old one and rename it when it is complete, so its appearance leaves time. Loading everything from
/// the start was rejected: it takes 5 MB for what most mounts never need.
/// </remarks>
internal sealed class LoadAhead : IDisposable
{
    // Only the embedded emulator, the command line and the terminal use these. A mount that has come up has used what it needs of them.
    private static readonly string[] NotForMounts = ["ImageKitFs.Emulator", "Microsoft.AspNetCore.", "System.CommandLine", "Spectre.Console"];

    private readonly FileSystemWatcher _watcher;
    private int _isLoaded;

    private LoadAhead(string folder)
    {
        _watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.FileName };
        _watcher.Created += (_, _) => LoadOnce();
        _watcher.EnableRaisingEvents = true;
    }

    /// <summary>Null where it is not needed, as on Windows, where the program is many files that are in use and stay; and where nothing can be watched.</summary>
    public static LoadAhead? WhenUpdated()
    {
        if (!IsSingleFile())
            return null;
        try
        {
            return new LoadAhead(AppContext.BaseDirectory);
        }
        catch (IOException)
        {
            // This user watches too much already. The mount works; it may not outlive an update.
            return null;
        }
    }

    public void Dispose() => _watcher.Dispose();

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "The empty location is what tells a single file.")]
    private static bool IsSingleFile() => typeof(LoadAhead).Assembly.Location.Length == 0;

    private void LoadOnce()
    {
        if (Interlocked.Exchange(ref _isLoaded, 1) == 0)
            LoadFrom(typeof(LoadAhead).Assembly, new HashSet<string>(StringComparer.Ordinal));
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "What was trimmed away is not needed later either.")]
    private static void LoadFrom(Assembly assembly, HashSet<string> seen)
    {
        foreach (AssemblyName name in assembly.GetReferencedAssemblies())
        {
            if (name.Name is not { } simple || !seen.Add(simple) || NotForMounts.Any(prefix => simple.StartsWith(prefix, StringComparison.Ordinal)))
                continue;
            try
            {
                LoadFrom(Assembly.Load(name), seen);
            }
            catch (Exception e) when (e is IOException or BadImageFormatException)
            {
                // Named by a reference and trimmed away: nothing here uses it.
            }
        }
    }
}
