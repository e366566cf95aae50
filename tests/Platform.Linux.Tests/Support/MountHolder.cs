using Microsoft.Extensions.Logging.Abstractions;

namespace ImageKitFs.Platform.Linux.Tests.Support;

/// <summary>The test assembly as a program: mounts a file system in memory and serves it until it is unmounted.</summary>
internal static class MountHolder
{
    internal const string ReadyLine = "ready";
    internal const string Content = "held by another process";

    public static async Task<int> Main(string[] args)
    {
        MemoryFileSystem files = new();
        files.Put("held", System.Text.Encoding.UTF8.GetBytes(Content));
        try
        {
            uint user = uint.Parse(args[1]);
            FuseMountOptions options = new() { MountPoint = args[0], Source = args[2], Uid = user, Gid = user, AllowOther = args.Contains("allow_other") };
            await using FuseMount mount = await FuseMount.MountAsync(files, options, NullLogger.Instance);
            Console.WriteLine(ReadyLine);
            Console.WriteLine(await mount.Completion);
            return 0;
        }
        catch (FuseMountException e)
        {
            Console.WriteLine($"{e.Failure}: {e.Message}");
            return 1;
        }
    }
}
