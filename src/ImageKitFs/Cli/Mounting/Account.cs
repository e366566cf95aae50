using System.Collections;
using ImageKitFs.Cli.Profiles;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Mounting;

/// <summary>Where an account is and what opens it. Told by options, else by the profile named, else by the environment, else by the profile `default`.</summary>
internal sealed record Account(ImageKitEndpoints Endpoints, SecretKey Key)
{
    private const string CredentialName = "imagekit-key";

    private const string Ways =
        "set IMAGEKIT_URL_ENDPOINT and IMAGEKIT_PRIVATE_KEY, or pass --url-endpoint URL and --key-file FILE, or store it with imagekitfs login, "
        + "or try it without an account: --emulator DIR";

    /// <summary>The embedded emulator stands for all three endpoints and knows its key.</summary>
    public static Account Of(EmbeddedEmulator emulator) =>
        new(EndpointsOf(emulator.UrlEndpoint, emulator.Origin, emulator.Origin), SecretKey.Of(emulator.PrivateKey));

    /// <exception cref="CliException">No account is named, or its key cannot be used.</exception>
    public static Account Find(MountRequest request)
    {
        Dictionary<string, string> environment = EnvironmentOf();
        bool isElsewhere = request.UrlEndpoint is not null || environment.ContainsKey("IMAGEKIT_URL_ENDPOINT");
        string? name = request.Profile ?? (isElsewhere ? null : ProfileStore.DefaultName);
        Profile? profile = name is null ? null : ProfileStore.OfUser().Find(name);
        if (request.Profile is not null && profile is null)
            throw new CliException(ExitCode.Usage, $"there is no profile '{request.Profile}'; imagekitfs login --profile {request.Profile} stores one");
        string? url = request.UrlEndpoint ?? profile?.UrlEndpoint ?? environment.GetValueOrDefault("IMAGEKIT_URL_ENDPOINT");
        if (url is null)
            throw new CliException(ExitCode.Usage, $"which account? {Ways}");
        SecretKey key = profile is not null && request.KeyFile is null
            ? KeyOf(profile, name!)
            : FindKey(request, environment);
        string? api = request.ApiEndpoint ?? (profile is null ? environment.GetValueOrDefault("IMAGEKIT_API_ENDPOINT") : profile.ApiEndpoint);
        string? upload = request.UploadEndpoint ?? (profile is null ? environment.GetValueOrDefault("IMAGEKIT_UPLOAD_ENDPOINT") : profile.UploadEndpoint);
        return new Account(EndpointsOf(url, api, upload), key);
    }

    private static ImageKitEndpoints EndpointsOf(string? url, string? api, string? upload)
    {
        IReadOnlyList<string> problems = ImageKitEndpoints.TryCreate(url, api, upload, out ImageKitEndpoints? endpoints);
        return endpoints ?? throw new CliException(ExitCode.Usage, string.Join(' ', problems));
    }

    private static SecretKey KeyOf(Profile profile, string name) =>
        SecretKey.TryCreate(KeyProtection.Unprotect(profile.Key, name), out SecretKey? key) is { } problem ? throw new CliException(ExitCode.BadKey, problem) : key!;

    private static SecretKey FindKey(MountRequest request, Dictionary<string, string> environment)
    {
        bool isInEnvironment = environment.ContainsKey(CredentialSource.EnvironmentVariable);
        string? file = request.KeyFile ?? (isInEnvironment ? null : ServiceCredential(environment));
        bool isNamed = file is not null || isInEnvironment;
        if (CredentialSource.TryFind(environment, file, out SecretKey? key) is { } problem)
            throw isNamed ? new CliException(ExitCode.BadKey, problem) : new CliException(ExitCode.Usage, $"no private key: {Ways}");
        return key!;
    }

    // What LoadCredential= of a systemd unit hands over: a line break alone where the unit found no file.
    private static string? ServiceCredential(Dictionary<string, string> environment)
    {
        if (!environment.TryGetValue("CREDENTIALS_DIRECTORY", out string? folder))
            return null;
        FileInfo file = new(Path.Combine(folder, CredentialName));
        return file.Exists && file.Length > 1 ? file.FullName : null;
    }

    private static Dictionary<string, string> EnvironmentOf()
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            if (entry.Value is string { Length: > 0 } value)
                environment[(string)entry.Key] = value;
        }

        return environment;
    }
}
