using System.CommandLine;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Config;
using ImageKitFs.Emulator;

namespace ImageKitFs.Cli.Commands;

/// <summary>`emulator`: a local ImageKit in this terminal, until a signal.</summary>
internal sealed class EmulatorCommand
{
    private readonly Option<string?> _root = new("--root") { HelpName = "DIR", Description = "Keep the library in DIR. Default: in memory." };
    private readonly Option<int> _port = new("--port") { HelpName = "N", Description = "Default: a free one." };
    private readonly Option<double?> _latency = new("--latency") { HelpName = "MS", Description = "Milliseconds waited before every reply." };
    private readonly Option<string?> _bandwidth = new("--bandwidth") { HelpName = "B", Description = "Bytes per second of each connection, such as 1M." };
    private readonly Option<string[]> _faults = new("--fault") { HelpName = "SPEC", Description = "A fault rule; may be given again." };
    private readonly Option<string[]> _settings = new("--set") { HelpName = "NAME=VALUE", Description = "A switch of the emulator by name; may be given again." };
    private readonly Option<string?> _id = new("--id") { HelpName = "NAME", Description = "The account's name in delivery URLs. Default: demo." };
    private readonly Option<string?> _key = new("--key") { HelpName = "K", Description = "The private key it accepts. Default: IMAGEKIT_PRIVATE_KEY, else a well-known one." };
    private readonly Option<string?> _synthetic = new("--synthetic") { HelpName = "FOLDERSxFILES[xSIZE]", Description = "A made-up library, such as 10x1000." };
    private readonly Option<string[]> _origins = new("--origin") { HelpName = "NAME=DIR", Description = "Attach DIR as external storage: its files are delivered, not listed; may be given again." };
    private readonly Option<bool> _sample = new("--sample") { Description = "Start with sample pictures." };

    public Command Build()
    {
        Command command = new("emulator", "Run a local ImageKit.");
        foreach (Option option in (Option[])[_root, _port, _latency, _bandwidth, _faults, _settings, _id, _key, _synthetic, _origins, _sample])
            command.Add(option);
        command.SetAction(async (result, ct) => (int)await RunAsync(result));
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult result)
    {
        EmulatorOptions options = Read(result);
        using StopSignals signals = new(ignoreHangUp: false);
        EmulatorServer server;
        try
        {
            server = await EmulatorServer.StartAsync(options, signals.Stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot start the emulator: {e.Message}", e);
        }

        await using (server)
        {
            foreach ((string name, string folder) in (result.GetValue(_origins) ?? []).Select(Origin))
                server.Store.AttachOrigin(name, folder);
            if (result.GetValue(_sample))
                EmbeddedEmulator.SeedOnce(server);
            string origin = server.BaseAddress.GetLeftPart(UriPartial.Authority);
            Console.Out.WriteLine($"""
                Emulator at {origin}
                IMAGEKIT_API_ENDPOINT={origin}
                IMAGEKIT_UPLOAD_ENDPOINT={origin}
                IMAGEKIT_URL_ENDPOINT={server.UrlEndpoint}
                {KeyLine(result, options)}
                """);
            await Console.Out.FlushAsync();
            await signals.WaitAsync();
        }

        return ExitCode.Ok;
    }

    private EmulatorOptions Read(ParseResult result)
    {
        EmulatorOptions defaults = new();
        string key = result.GetValue(_key) ?? Environment.GetEnvironmentVariable(CredentialSource.EnvironmentVariable) ?? defaults.PrivateKey;
        EmulatorOptions options = defaults with
        {
            Root = result.GetValue(_root) is { } root ? Path.GetFullPath(root) : null,
            Port = result.GetValue(_port),
            Latency = TimeSpan.FromMilliseconds(result.GetValue(_latency) ?? 0),
            BytesPerSecond = Bandwidth(result.GetValue(_bandwidth)),
            Faults = result.GetValue(_faults) ?? [],
            ImageKitId = result.GetValue(_id) ?? defaults.ImageKitId,
            PrivateKey = key,
            Synthetic = Synthetic(result.GetValue(_synthetic)),
        };
        foreach (string setting in result.GetValue(_settings) ?? [])
            options = Set(options, setting);
        try
        {
            _ = FaultPlan.Parse(string.Join('\n', options.Faults));
            return options;
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCode.Usage, $"--fault: {e.Message}", e);
        }
    }

    private static EmulatorOptions Set(EmulatorOptions options, string setting)
    {
        string[] parts = setting.Split('=', 2);
        if (parts.Length != 2)
            throw new CliException(ExitCode.Usage, $"--set takes NAME=VALUE, not '{setting}'");
        try
        {
            return options.With(parts[0], parts[1]);
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCode.Usage, $"--set: {e.Message}", e);
        }
    }

    // A key from the environment may be a real one, and this output may end in a log.
    private string KeyLine(ParseResult result, EmulatorOptions options) =>
        result.GetValue(_key) is not null || options.PrivateKey == new EmulatorOptions().PrivateKey
            ? $"{CredentialSource.EnvironmentVariable}={options.PrivateKey}"
            : $"# {CredentialSource.EnvironmentVariable}: the one in the environment";

    private static (string Name, string Folder) Origin(string text)
    {
        string[] parts = text.Split('=', 2);
        return parts.Length == 2 && parts[0].Length > 0 && Directory.Exists(parts[1])
            ? (parts[0], Path.GetFullPath(parts[1]))
            : throw new CliException(ExitCode.Usage, $"--origin takes NAME=DIR with a folder that exists, not '{text}'");
    }

    private static long Bandwidth(string? text)
    {
        if (text is null)
            return 0;
        return Units.TryParseSize(text, out long bytes) ? bytes : throw new CliException(ExitCode.Usage, $"--bandwidth takes bytes per second such as 500K, not '{text}'");
    }

    private static SyntheticLibrary? Synthetic(string? text)
    {
        if (text is null)
            return null;
        string[] parts = text.Split('x');
        long size = new SyntheticLibrary(0, 0).FileSize;
        bool isValid = parts.Length is 2 or 3
            & int.TryParse(parts[0], out int folders)
            & int.TryParse(parts.ElementAtOrDefault(1), out int files)
            && (parts.Length < 3 || Units.TryParseSize(parts[2], out size));
        return isValid && folders >= 0 && files >= 0
            ? new SyntheticLibrary(folders, files, size)
            : throw new CliException(ExitCode.Usage, $"--synthetic takes FOLDERSxFILES or FOLDERSxFILESxSIZE such as 10x1000x20K, not '{text}'");
    }
}
