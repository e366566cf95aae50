namespace ImageKitFs.Cli.Tests.Kernel;

/// <summary>Whether this machine can mount at all.</summary>
internal static class KernelDevice
{
    /// <summary>Skips only where there is no device; where there is one, what does not work is a failure.</summary>
    public static void Require() => Skip.IfNot(File.Exists("/dev/fuse"), "there is no /dev/fuse");
}
