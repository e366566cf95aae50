using System.Diagnostics;
using ImageKitFs.Cli.Interop;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Library;

/// <summary>What the tests of the commands without a mount share.</summary>
internal static class LibraryFixture
{
    private const int SIGINT = 2;

    /// <summary>Bytes that are the same in every run, and differ from file to file.</summary>
    public static byte[] Bytes(int seed, int length = 5000)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Writes a file, with the folders above it.</summary>
    public static void Write(this Sandbox sandbox, string name, byte[] bytes)
    {
        string path = sandbox.Path(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }

    public static void Write(this Sandbox sandbox, string name, string text) => sandbox.Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Runs a command that is expected to succeed.</summary>
    /// <returns>Its lines, in ordinal order: files come and go side by side.</returns>
    public static async Task<string[]> DoAsync(this Sandbox sandbox, params string[] arguments)
    {
        CliResult result = await sandbox.RunAsync(arguments);
        result.AssertOk();
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
    }

    /// <summary>What `cat` shows.</summary>
    public static async Task<string> ReadAsync(this Sandbox sandbox, string path)
    {
        CliResult shown = await sandbox.RunAsync("cat", path);
        shown.AssertOk();
        return shown.Output;
    }

    /// <summary>Ctrl-C.</summary>
    public static void Interrupt(Process process) => Assert.Equal(0, SystemCalls.Kill(process.Id, SIGINT));

    /// <summary>A second account: an emulator of its own, stored as a profile.</summary>
    public static async Task StartOtherAccountAsync(this Sandbox sandbox, string profile)
    {
        Dictionary<string, string?> first = new(sandbox.Environment);
        await sandbox.StartEmulatorAsync("--id", profile, "--key", $"private_{profile}");
        string[] endpoints = ["IMAGEKIT_URL_ENDPOINT", "IMAGEKIT_API_ENDPOINT", "IMAGEKIT_UPLOAD_ENDPOINT"];
        Process login = sandbox.Start(
            Sandbox.Executable, "login", "--profile", profile, "--url-endpoint", sandbox.Environment[endpoints[0]]!,
            "--api-endpoint", sandbox.Environment[endpoints[1]]!, "--upload-endpoint", sandbox.Environment[endpoints[2]]!);
        await login.StandardInput.WriteLineAsync($"private_{profile}");
        login.StandardInput.Close();
        Assert.Equal(0, await Sandbox.EndAsync(login));
        foreach (string name in (string[])[.. endpoints, "IMAGEKIT_PRIVATE_KEY"])
            sandbox.Environment[name] = first[name];
    }
}
