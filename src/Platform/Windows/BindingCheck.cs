using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Fsp;
using Fsp.Interop;

namespace ImageKitFs.Platform.Windows;

/// <summary>Compares the binding that was loaded with the one that this program was compiled against.</summary>
/// <remarks>
/// An override whose signature is not exactly the binding's compiles against our reference and is then silently never called; constants were copied in at
/// compile time. Neither shows in any other way, so it is looked at before every mount.
/// </remarks>
internal static class BindingCheck
{
    private const BindingFlags OwnMethods = BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly;
    private const BindingFlags Constants = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>FSP_FSCTL_VOLUME_INFO: two sizes, a label and its length.</summary>
    private const int VolumeInfoBytes = 88;

    /// <summary>What differs, one clause each.</summary>
    internal static IReadOnlyList<string> Run() => Run(typeof(WinFspVolume));

    internal static IReadOnlyList<string> Run(Type volume)
    {
        List<string> problems = [];
        foreach (MethodInfo method in volume.GetMethods(OwnMethods).Where(method => method.IsVirtual && method.Name != nameof(IDisposable.Dispose)))
        {
            if (method.GetBaseDefinition().DeclaringType != typeof(FileSystemBase))
                problems.Add($"{method.Name} has other parameters");
        }

        foreach (FieldInfo ours in typeof(NtStatus).GetFields(Constants).Where(field => field.Name.StartsWith("STATUS_", StringComparison.Ordinal)))
        {
            object? theirs = typeof(FileSystemBase).GetField(ours.Name, Constants)?.GetRawConstantValue();
            if (theirs is not null && !Equals(theirs, ours.GetRawConstantValue()))
                problems.Add($"{ours.Name} has another value");
        }

        Compare(problems, "FileInfo", Unsafe.SizeOf<Fsp.Interop.FileInfo>(), Unsafe.SizeOf<FileInfoFields>());
        Compare(problems, "VolumeInfo", Unsafe.SizeOf<VolumeInfo>(), VolumeInfoBytes);
        return problems;
    }

    /// <summary>The native version. Loads the native part.</summary>
    internal static Version Version() => FileSystemHost.Version();

    /// <summary>Where it was found.</summary>
    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "The binding is never part of the program: it is a file of the WinFsp that is installed.")]
    internal static string Location() => typeof(FileSystemBase).Assembly.Location;

    private static void Compare(List<string> problems, string what, int theirs, int ours)
    {
        if (theirs != ours)
            problems.Add($"{what} has {theirs} bytes in place of {ours}");
    }
}
