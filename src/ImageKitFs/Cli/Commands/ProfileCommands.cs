using System.CommandLine;
using ImageKitFs.Cli.Profiles;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Commands;

/// <summary>`login`, `logout` and `profiles`: accounts stored on this machine, so that `mount` needs no key.</summary>
internal static class ProfileCommands
{
    public static Command BuildLogin()
    {
        Option<string> profile = Name();
        Option<string?> url = new("--url-endpoint") { HelpName = "URL", Description = "The account: https://ik.imagekit.io/NAME. Default: IMAGEKIT_URL_ENDPOINT." };
        Option<string?> api = new("--api-endpoint") { HelpName = "URL", Description = "Default: IMAGEKIT_API_ENDPOINT, else ImageKit's." };
        Option<string?> upload = new("--upload-endpoint") { HelpName = "URL", Description = "Default: IMAGEKIT_UPLOAD_ENDPOINT, else ImageKit's." };
        Command command = new("login", "Store an account on this machine. The private key is asked for, or read from standard input.") { profile, url, api, upload };
        command.SetAction(result => (int)Login(
            result.GetRequiredValue(profile),
            result.GetValue(url) ?? Setting("IMAGEKIT_URL_ENDPOINT"),
            result.GetValue(api) ?? Setting("IMAGEKIT_API_ENDPOINT"),
            result.GetValue(upload) ?? Setting("IMAGEKIT_UPLOAD_ENDPOINT")));
        return command;
    }

    public static Command BuildLogout()
    {
        Option<string> profile = Name();
        Command command = new("logout", "Remove a stored account from this machine.") { profile };
        command.SetAction(result =>
        {
            string name = result.GetRequiredValue(profile);
            if (!ProfileStore.OfUser().Remove(name))
                throw new CliException(ExitCode.Usage, $"there is no profile '{name}'");
            Console.Out.WriteLine($"Removed profile {name}");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    public static Command BuildList()
    {
        Command command = new("profiles", "List stored accounts; keys are never shown.");
        command.SetAction(_ =>
        {
            ProfileStore store = ProfileStore.OfUser();
            foreach (string name in store.Names())
                Console.Out.WriteLine($"{name}  {store.Find(name)?.UrlEndpoint}");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static ExitCode Login(string name, string? url, string? api, string? upload)
    {
        IReadOnlyList<string> problems = ImageKitEndpoints.TryCreate(url, api, upload, out ImageKitEndpoints? endpoints);
        if (endpoints is null)
            throw new CliException(ExitCode.Usage, string.Join(' ', problems));
        string typed = SecretPrompt.Read("Private key (from ImageKit's dashboard, Developer options): ").Trim();
        if (SecretKey.TryCreate(typed, out _) is { } problem)
            throw new CliException(ExitCode.BadKey, problem);
        ProfileStore.OfUser().Save(name, new Profile { UrlEndpoint = url!, ApiEndpoint = api, UploadEndpoint = upload, Key = KeyProtection.Protect(typed) });
        Console.Out.WriteLine($"Stored profile {name}; imagekitfs doctor --profile {name} tries it");
        return ExitCode.Ok;
    }

    private static Option<string> Name() => new("--profile") { HelpName = "P", Description = "Default: default.", DefaultValueFactory = _ => ProfileStore.DefaultName };

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
