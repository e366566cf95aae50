using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using ImageKitFs.Platform.Linux.Interop;

namespace ImageKitFs.Platform.Linux;

/// <summary>Runs fusermount3, the setuid program that mounts for users who may not.</summary>
internal static class FusermountClient
{
    private const string Program = "fusermount3";
    private const string SocketVariable = "_FUSE_COMMFD";

    /// <summary>Where it lies when PATH does not say: Debian and Fedora, NixOS.</summary>
    private static readonly string[] UsualFolders = ["/usr/bin", "/bin", "/usr/local/bin", "/run/wrappers/bin"];

    /// <summary>The program's absolute path, or null. Never one found relative to the current folder.</summary>
    internal static string? FindProgram() =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':')
            .Concat(UsualFolders)
            .Where(static folder => folder.StartsWith('/'))
            .Select(static folder => Path.Combine(folder, Program))
            .FirstOrDefault(File.Exists);

    /// <summary>Mounts and returns the device.</summary>
    /// <exception cref="FuseMountException">The program is missing or refused; the message has its words.</exception>
    internal static FuseDeviceHandle Mount(string mountPoint, string mountOptions)
    {
        string program = FindProgram() ?? throw FuseFailures.NoFusermount();
        (FuseDeviceHandle ours, FuseDeviceHandle theirs) = CreateSockets();
        using (ours)
        {
            Process process;
            using (theirs)
                process = StartMount(program, mountPoint, mountOptions, theirs);
            using (process)
            {
                Task<string> stderr = process.StandardError.ReadToEndAsync();
                FuseDeviceHandle? device = Libc.ReceiveDescriptor(ours);
                process.WaitForExit();
                if (device is not null)
                    return device;
                throw Refused(stderr.GetAwaiter().GetResult(), mountPoint);
            }
        }
    }

    /// <summary>Unmounts; null when it worked, else the program's words.</summary>
    internal static string? Unmount(string mountPoint, bool lazy)
    {
        if (FindProgram() is not { } program)
            return "fusermount3 is not installed (package fuse3)";
        try
        {
            using Process process = Start(program, lazy ? ["-u", "-z", "--", mountPoint] : ["-u", "--", mountPoint], socket: null);
            string stderr = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : OneLine(stderr);
        }
        catch (Win32Exception e)
        {
            return e.Message;
        }
    }

    /// <summary>Options that the program passes on; a comma or backslash inside a value is escaped.</summary>
    internal static string OptionsOf(FuseMountOptions options)
    {
        StringBuilder text = new("nosuid,nodev,default_permissions,subtype=imagekitfs,max_read=");
        text.Append(FuseNegotiation.MaxWrite).Append(",fsname=").Append(Escape(options.Source));
        if (options.ReadOnly)
            text.Append(",ro");
        if (options.NoAtime)
            text.Append(",noatime");
        if (options.AllowOther)
            text.Append(",allow_other");
        return text.ToString();
    }

    /// <summary>Sorts the program's words into our causes.</summary>
    internal static FuseMountException Refused(string stderr, string mountPoint)
    {
        string words = OneLine(stderr);
        return words switch
        {
            _ when Says("user_allow_other") => new FuseMountException(
                FuseMountFailure.AllowOtherRefused, "allow_other needs the line 'user_allow_other' in /etc/fuse.conf: ask root to add it, or mount without it."),
            _ when Says("fuse device not found") => FuseFailures.NoDevice(),
            _ when Says("failed to open /dev/fuse") => FuseFailures.DeviceDenied(),
            _ when Says("No such file or directory") => FuseFailures.MountPointMissing(mountPoint),
            _ when Says("write access") || Says("failed to access mountpoint") || Says("not permitted on") => FuseFailures.MountPointDenied(mountPoint),
            _ when Says("Operation not permitted") => FuseFailures.NotPermitted(),
            _ => new FuseMountException(FuseMountFailure.Other, words.Length > 0 ? words : "fusermount3 gave no reason; see the system log."),
        };

        bool Says(string part) => words.Contains(part, StringComparison.Ordinal);
    }

    private static (FuseDeviceHandle Ours, FuseDeviceHandle Theirs) CreateSockets()
    {
        Span<int> pair = stackalloc int[2];
        if (Libc.SocketPair(Libc.AddressFamilyUnix, Libc.SocketStream | Libc.SocketCloseOnExec, 0, pair) != 0)
            throw FuseFailures.FromErrno("socketpair", Libc.LastError);
        return (new FuseDeviceHandle(pair[0]), new FuseDeviceHandle(pair[1]));
    }

    private static Process StartMount(string program, string mountPoint, string mountOptions, FuseDeviceHandle socket)
    {
        try
        {
            return Start(program, ["-o", mountOptions, "--", mountPoint], socket);
        }
        catch (Win32Exception)
        {
            throw FuseFailures.NoFusermount(); // there, but not to be run
        }
    }

    private static Process Start(string program, string[] arguments, FuseDeviceHandle? socket)
    {
        ProcessStartInfo start = new(program)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            WorkingDirectory = "/", // never below our own mount
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C";
        if (socket is not null)
        {
            start.Environment[SocketVariable] = socket.Number.ToString();
            _ = Libc.FileControl(socket, Libc.SetDescriptorFlags, 0); // inherited by the child
        }

        return Process.Start(start)!;
    }

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);

    private static string OneLine(string text) => string.Join("; ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
