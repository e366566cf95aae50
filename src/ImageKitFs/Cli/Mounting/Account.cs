using System.Collections;
using ImageKitFs.Cli.Profiles;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// Where an account is and what opens it. Where: options, else the profile named, else the environment, else the profile `default`. The key: a key file, else that
/// profile's, else the environment, else the service manager's credential.
/// </summary>
internal sealed record Account(ImageKitEndpoints Endpoints, SecretKey Key)
{
    private const string Ways =
        "set IMAGEKIT_URL_ENDPOINT and IMAGEKIT_PRIVATE_KEY, or pass --url-endpoint URL and --key-file FILE, or store it with imagekitfs login, "
        + "or try it without an account: --emulator DIR";

    /// <summary>The profile that it is, or null.</summary>
    public string? ProfileName { get; init; }

    /// <summary>The profile's key is known to read and nothing else.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Where the key comes from, in words.</summary>
    public string KeySource { get; init; } = "the emulator";

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
        bool isKept = profile is not null && request.KeyFile is null;
        SecretKey key = isKept ? new KeyVault(Environment.GetEnvironmentVariable).Open(name!, profile!) : FindKey(request, environment);
        string? api = request.ApiEndpoint ?? (profile is null ? environment.GetValueOrDefault("IMAGEKIT_API_ENDPOINT") : profile.ApiEndpoint);
        string? upload = request.UploadEndpoint ?? (profile is null ? environment.GetValueOrDefault("IMAGEKIT_UPLOAD_ENDPOINT") : profile.UploadEndpoint);
        return new Account(EndpointsOf(url, api, upload), key)
        {
            ProfileName = profile is null ? null : name,
            IsReadOnly = isKept && profile!.ReadOnly,
            KeySource = isKept ? $"profile {name} ({KeyVault.PlaceOf(profile!)})" : SourceOf(request, environment),
        };
    }

    private static ImageKitEndpoints EndpointsOf(string? url, string? api, string? upload)
    {
        IReadOnlyList<string> problems = ImageKitEndpoints.TryCreate(url, api, upload, out ImageKitEndpoints? endpoints);
        return endpoints ?? throw new CliException(ExitCode.Usage, string.Join(' ', problems));
    }

    private static string SourceOf(MountRequest request, Dictionary<string, string> environment) =>
        request.KeyFile
        ?? (environment.ContainsKey(CredentialSource.EnvironmentVariable) ? CredentialSource.EnvironmentVariable : $"the service's credential {CredentialSource.CredentialName}");

    private static SecretKey FindKey(MountRequest request, Dictionary<string, string> environment)
    {
        bool isNamed = request.KeyFile is not null || environment.ContainsKey(CredentialSource.EnvironmentVariable) || CredentialSource.CredentialFile(environment) is not null;
        if (CredentialSource.TryFind(environment, request.KeyFile, out SecretKey? key) is { } problem)
            throw isNamed ? new CliException(ExitCode.BadKey, problem) : new CliException(ExitCode.Usage, $"no private key: {Ways}");
        return key!;
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
