using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;

namespace ImageKitFs.Emulator.Tests;

/// <summary>ImageKit's own Node client, which nobody here wrote, against the emulator.</summary>
public sealed class OfficialSdkTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Official_sdk_is_served_as_it_expects()
    {
        string folder = SdkFolder();
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "@imagekit", "nodejs")))
            await RunAsync(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["ci", "--no-audit", "--no-fund"], folder, []);
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { JobDuration = TimeSpan.FromMilliseconds(30) });

        string output = await RunAsync("node", ["drive.mjs"], folder, new Dictionary<string, string>
        {
            ["IMAGE_KIT_BASE_URL"] = server.Emulator.BaseAddress.GetLeftPart(UriPartial.Authority),
            ["URL_ENDPOINT"] = server.Emulator.UrlEndpoint,
            ["IMAGEKIT_PRIVATE_KEY"] = server.Emulator.PrivateKey,
        });

        Assert.Matches(@"\d\d passed, 0 failed", output);
    }

    /// <summary>From the build: a deterministic build hides the path that the compiler would give.</summary>
    private static string SdkFolder() =>
        typeof(OfficialSdkTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "SdkFolder").Value!;

    private static async Task<string> RunAsync(string program, string[] arguments, string folder, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Fail($"{program} is missing: install Node.js 18 or newer with npm (Debian: apt-get install nodejs npm).");
            throw;
        }

        using (process)
        {
            using var limit = new CancellationTokenSource(Limit);
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
                Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                string all = await output + await errors;
                Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}:\n{all}");
                return all;
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
            }
        }
    }
}
