using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// Loads what a mount may need of this program later, while the program's file is still the one that was started:
/// the parts of a single file are opened by its name when they are first used, and an update puts another file there.
/// </summary>
internal static class LoadAhead
{
    // Only the embedded emulator, the command line and the terminal use these. A mount that has come up has used what it needs of them.
    private static readonly string[] NotForMounts = ["ImageKitFs.Emulator", "Microsoft.AspNetCore.", "System.CommandLine", "Spectre.Console"];

    /// <summary>On a thread of its own, after what is urgent. Does nothing where the program is many files, as on Windows: those are in use and stay.</summary>
    public static void Start()
    {
        if (!IsSingleFile())
            return;
        Thread thread = new(() => LoadFrom(typeof(LoadAhead).Assembly, new HashSet<string>(StringComparer.Ordinal))) { Name = "load-ahead", IsBackground = true, Priority = ThreadPriority.BelowNormal };
        thread.Start();
    }

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "The empty location is what tells a single file.")]
    private static bool IsSingleFile() => typeof(LoadAhead).Assembly.Location.Length == 0;

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
            catch (IOException)
            {
                // Named by a reference and trimmed away: nothing here uses it.
            }
        }
    }
}
