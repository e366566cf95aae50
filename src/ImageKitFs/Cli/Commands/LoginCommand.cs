using System.CommandLine;
using ImageKitFs.Cli.Diagnosis;
using ImageKitFs.Cli.Profiles;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Commands;

/// <summary>`login`: an account stored on this machine, after the service has said that its key opens it.</summary>
internal sealed class LoginCommand
{
    private readonly Option<string> _profile = ProfileCommands.Name();
    private readonly Option<string?> _url = new("--url-endpoint") { HelpName = "URL", Description = "https://ik.imagekit.io/NAME, one of its URL endpoints, or a custom domain. Default: IMAGEKIT_URL_ENDPOINT, else asked for." };
    private readonly Option<string?> _keyFile = new("--key-file") { HelpName = "FILE", Description = "The private key. Default: asked for without showing it, or read from standard input." };
    private readonly Option<string?> _api = new("--api-endpoint") { HelpName = "URL", Description = "Default: IMAGEKIT_API_ENDPOINT, else ImageKit's." };
    private readonly Option<string?> _upload = new("--upload-endpoint") { HelpName = "URL", Description = "Default: IMAGEKIT_UPLOAD_ENDPOINT, else ImageKit's." };
    private readonly Option<string> _keep = new("--keep") { HelpName = "auto|keyring|file", Description = "Where the key is kept: the desktop's keyring (Secret Service), or a file that only you can read. Default: the keyring where there is one.", DefaultValueFactory = _ => "auto" };
    private readonly Option<bool> _noCheck = new("--no-check") { Description = "Store it without asking the service." };

    public Command Build()
    {
        Command command = new("login", "Store an account on this machine, once the service accepts its key.");
        foreach (Option option in (Option[])[_profile, _url, _keyFile, _api, _upload, _keep, _noCheck])
            command.Add(option);
        _keep.AcceptOnlyFromAmong("auto", "keyring", "file");
        command.SetAction(async (result, ct) => (int)await RunAsync(result, ct));
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult result, CancellationToken ct)
    {
        string name = result.GetRequiredValue(_profile);
        ProfileStore store = ProfileStore.OfUser();
        _ = store.FileOf(name); // The name is judged before anything is asked.
        string? api = result.GetValue(_api) ?? Setting("IMAGEKIT_API_ENDPOINT");
        string? upload = result.GetValue(_upload) ?? Setting("IMAGEKIT_UPLOAD_ENDPOINT");
        (string? url, string typed) = Ask(result.GetValue(_url) ?? Setting("IMAGEKIT_URL_ENDPOINT"), result.GetValue(_keyFile));
        if (SecretKey.TryCreate(typed, out SecretKey? key) is { } problem)
            throw new CliException(ExitCode.BadKey, problem);
        bool isChecked = !result.GetValue(_noCheck);
        url ??= isChecked ? await OwnEndpointAsync(api, upload, key!, ct) : null;
        Profile profile = new() { UrlEndpoint = EndpointsOf(url, api, upload).Delivery.ToString().TrimEnd('/'), ApiEndpoint = api, UploadEndpoint = upload };
        if (isChecked)
            profile = await CheckAsync(profile, key!, ct);

        Store(store, name, profile, typed, PlaceOf(result.GetRequiredValue(_keep)));
        return ExitCode.Ok;
    }

    /// <summary>The URL endpoint, null when the account is to name it, and the key. From a pipe: two lines, or the key alone.</summary>
    private static (string? Url, string Key) Ask(string? url, string? keyFile)
    {
        const string keyQuestion = "Private key (dashboard, Developer options; it is not shown): ";
        if (url is null)
        {
            string line = SecretPrompt.ReadLine("URL endpoint (https://ik.imagekit.io/NAME; empty: ask the account): ").Trim();
            if (Console.IsInputRedirected && keyFile is null && LooksLikeKey(line))
                return (null, line);
            if (LooksLikeKey(line))
                throw new CliException(ExitCode.Usage, "that is a key, not a URL endpoint; if others could see it, roll it in the dashboard");
            url = line.Length == 0 ? null : line;
        }

        // As the dashboard shows it beside the account's name.
        if (url is not null && !url.Contains("://", StringComparison.Ordinal))
            url = "https://" + url;
        return (url, keyFile is null ? SecretPrompt.Read(keyQuestion).Trim() : ReadKey(Path.GetFullPath(keyFile)));
    }

    private static bool LooksLikeKey(string text) => text.StartsWith("private_", StringComparison.Ordinal) || text.StartsWith("public_", StringComparison.Ordinal);

    private static string ReadKey(string file)
    {
        if (CredentialSource.TryFind(new Dictionary<string, string>(), file, out _) is { } problem)
            throw new CliException(ExitCode.BadKey, problem);
        return File.ReadAllText(file).Trim().Trim('\uFEFF').Trim();
    }

    private static async Task<string?> OwnEndpointAsync(string? api, string? upload, SecretKey key, CancellationToken ct)
    {
        // Only the API is asked: any URL endpoint will do for that.
        using AccountView account = new(EndpointsOf("https://ik.imagekit.io/unknown", api, upload), key, TimeProvider.System);
        ProbeReply reply = await account.FirstFileAsync(ct);
        Require(KeyVerdict.Of(reply));
        return AccountView.FileOf(reply) is { } file && EndpointVerdict.BaseOf(file) is { } own
            ? own
            : throw new CliException(ExitCode.Usage, "the library has no file that shows the account's URL endpoint; name it with --url-endpoint https://ik.imagekit.io/NAME");
    }

    private static async Task<Profile> CheckAsync(Profile profile, SecretKey key, CancellationToken ct)
    {
        using AccountView account = new(EndpointsOf(profile.UrlEndpoint, profile.ApiEndpoint, profile.UploadEndpoint), key, TimeProvider.System);
        Require(KeyVerdict.Of(await account.FirstFileAsync(ct)));
        EndpointVerdict endpoint = await EndpointVerdict.OfAsync(account, ct);
        if (endpoint.Fit == EndpointFit.Wrong)
        {
            throw new CliException(
                ExitCode.Usage, $"{profile.UrlEndpoint} is not this account's URL endpoint: {endpoint.Words}; nothing is stored (imagekitfs login --url-endpoint {endpoint.Base})");
        }

        bool isReadOnly = await account.IsReadOnlyAsync(ct) == true;
        IReadOnlyList<UrlEndpointRow> rows = AccountView.UrlEndpointsOf(await account.UrlEndpointsAsync(ct));
        IReadOnlyList<string> urls = EndpointVerdict.UrlsOf(rows, endpoint.Base, profile.UrlEndpoint);

        Console.Out.WriteLine($"Authenticated as {WithoutScheme(profile.UrlEndpoint)}");
        if (endpoint.Fit == EndpointFit.Unknown)
            Console.Error.WriteLine($"imagekitfs: warning: the URL endpoint could not be checked: {endpoint.Words}");
        if (isReadOnly)
            Console.Out.WriteLine("The key may read and not write: mounts of this profile are read-only");
        if (urls.Count > 1)
        {
            Console.Out.WriteLine("URL endpoints of this account (mount --url-endpoint URL takes another one):");
            foreach ((string url, UrlEndpointRow row) in urls.Zip(rows))
                Console.Out.WriteLine($"{(url == profile.UrlEndpoint ? '*' : ' ')} {Plain.Printable(url)}  {Plain.Printable(row.Description)}".TrimEnd());
        }

        return profile with { ReadOnly = isReadOnly, UrlEndpoints = urls.Count > 1 ? urls : null };
    }

    private static void Store(ProfileStore store, string name, Profile profile, string key, KeyPlace place)
    {
        KeyVault vault = new(Environment.GetEnvironmentVariable);
        Profile? before = TryFind(store, name);
        Profile kept = vault.Keep(name, profile, key, place);
        try
        {
            store.Save(name, kept);
        }
        catch (CliException)
        {
            vault.Forget(kept);
            throw;
        }

        if (before is not null)
            vault.Forget(before);
        Console.Out.WriteLine($"Stored profile {name}: the key is {ProfileCommands.WordsOf(KeyVault.PlaceOf(kept), store.FileOf(name))}");
    }

    private static Profile? TryFind(ProfileStore store, string name)
    {
        try
        {
            return store.Find(name);
        }
        catch (CliException)
        {
            return null; // It is being replaced.
        }
    }

    private static void Require(KeyVerdict verdict)
    {
        if (verdict.Exit == ExitCode.Ok)
            return;
        string other = verdict.Exit == ExitCode.NoNetwork ? " (--no-check stores it all the same)" : "";
        throw new CliException(verdict.Exit, $"{verdict.Words}; {verdict.Advice}. Nothing is stored{other}");
    }

    private static ImageKitEndpoints EndpointsOf(string? url, string? api, string? upload)
    {
        IReadOnlyList<string> problems = ImageKitEndpoints.TryCreate(url, api, upload, out ImageKitEndpoints? endpoints);
        return endpoints ?? throw new CliException(ExitCode.Usage, string.Join(' ', problems));
    }

    private static KeyPlace PlaceOf(string word) => word switch
    {
        "keyring" => KeyPlace.Keyring,
        "file" => KeyPlace.File,
        _ => KeyPlace.Auto,
    };

    private static string WithoutScheme(string url) => url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..];

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
