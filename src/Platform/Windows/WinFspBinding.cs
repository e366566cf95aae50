using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Microsoft.Win32;

namespace ImageKitFs.Platform.Windows;

/// <summary>Finds the managed binding of the WinFsp that is installed here. We ship none: a binding must match the driver's version.</summary>
/// <remarks>No method that mentions a type of the binding may be compiled before <see cref="Register"/>. Source: winfsp.md section 1.</remarks>
public static class WinFspBinding
{
    internal const string AssemblyName = "winfsp-msil";
    private const string WhereToGet = "https://winfsp.dev";

    /// <summary>The value that WinFsp's installer writes: in the 32-bit part of the registry, whatever the machine.</summary>
    private const string InstallKey = @"SOFTWARE\WinFsp";

    private static int _isRegistered;

    /// <summary>`winfsp-msil.dll` beside the program, then that of each installation; the first that exists is loaded.</summary>
    public static IReadOnlyList<string> Candidates()
    {
        List<string> files = [Path.Combine(AppContext.BaseDirectory, AssemblyName + ".dll")];
        if (OperatingSystem.IsWindows())
            files.AddRange(InstallFolders().Select(folder => Path.Combine(folder, "bin", AssemblyName + ".dll")));
        return files;
    }

    /// <summary>A program of a WinFsp installation, such as launchctl-x64.exe; null when it is not there.</summary>
    public static string? FindProgram(string name) => OperatingSystem.IsWindows()
        ? InstallFolders().Select(folder => Path.Combine(folder, "bin", name)).FirstOrDefault(File.Exists)
        : null;

    /// <summary>From here on the binding is found. Once per process; cheap.</summary>
    public static void Register()
    {
        if (Interlocked.Exchange(ref _isRegistered, 1) == 0)
            AssemblyLoadContext.Default.Resolving += Resolve;
    }

    /// <summary>Loads WinFsp and compares its binding with what this program was compiled for. Changes nothing.</summary>
    public static WinFspProbe Probe()
    {
        Register();
        try
        {
            // Loaded by name first: a compiler that meets a missing assembly throws from within, which Wine cannot unwind.
            _ = AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(AssemblyName));
            return ProbeLoaded();
        }
        catch (Exception e) when (Explain(e) is not null)
        {
            WinFspMountException explained = Explain(e)!;
            return new WinFspProbe(explained.Failure, null, explained.Message);
        }
    }

    /// <summary>What an exception from the binding means; null when it is none of those.</summary>
    internal static WinFspMountException? Explain(Exception exception)
    {
        Exception cause = exception;
        while ((cause is TypeInitializationException or TargetInvocationException) && cause.InnerException is { } inner)
            cause = inner;
        return cause switch
        {
            FileNotFoundException { FileName: { } name } when IsBinding(name) => new WinFspMountException(
                WinFspFailure.NotInstalled, $"WinFsp is not installed; get it from {WhereToGet} (looked for {string.Join(", ", Candidates())})", exception),
            DllNotFoundException => new WinFspMountException(
                WinFspFailure.Incomplete, $"WinFsp is installed incompletely: its native part was not found; install it again from {WhereToGet}", exception),
            BadImageFormatException or FileLoadException => new WinFspMountException(
                WinFspFailure.Incomplete, $"WinFsp is installed incompletely: a file of it cannot be loaded; install it again from {WhereToGet}", exception),
            TypeLoadException or MissingMethodException or MissingFieldException => new WinFspMountException(
                WinFspFailure.WrongVersion, $"WinFsp has another version than this program needs (2.0 or later 2.x): {cause.Message}; install the newest from {WhereToGet}", exception),
            _ => null,
        };
    }

    // Apart and never inlined: compiling it needs the binding.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WinFspProbe ProbeLoaded()
    {
        IReadOnlyList<string> problems = BindingCheck.Run();
        Version version = BindingCheck.Version();
        return problems.Count == 0
            ? new WinFspProbe(null, version, $"WinFsp {version}, {BindingCheck.Location()}")
            : new WinFspProbe(WinFspFailure.WrongVersion, version, $"WinFsp {version} differs from what this program was built for: {string.Join("; ", problems)}");
    }

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name)
    {
        if (name.Name != AssemblyName)
            return null;
        string? file = Candidates().FirstOrDefault(File.Exists);
        return file is null ? null : context.LoadFromAssemblyPath(file);
    }

    private static bool IsBinding(string name) => name.StartsWith(AssemblyName, StringComparison.OrdinalIgnoreCase);

    private static List<string> InstallFolders()
    {
        List<string> folders = [];
        foreach (RegistryView view in (RegistryView[])[RegistryView.Registry32, RegistryView.Registry64])
        {
            using var machine = RegistryKey.OpenBaseKey(RegistryHive.LocalMachine, view);
            using RegistryKey? key = machine.OpenSubKey(InstallKey);
            if (key?.GetValue("InstallDir") is string folder && !folders.Contains(folder, StringComparer.OrdinalIgnoreCase))
                folders.Add(folder);
        }

        return folders;
    }
}

/// <summary>What was found of WinFsp.</summary>
/// <param name="Failure">Null when it can be used.</param>
/// <param name="Version">The native version, when it was reached.</param>
/// <param name="Message">One line.</param>
public sealed record WinFspProbe(WinFspFailure? Failure, Version? Version, string Message);
