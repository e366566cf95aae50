using System.CommandLine;
using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Library;

/// <summary>The options that say which account a command without a mount works on. One object serves one command.</summary>
internal sealed class AccountOptions
{
    private readonly Option<string?> _profile = new("--profile") { HelpName = "P", Description = "An account stored by imagekitfs login." };
    private readonly Option<string?> _keyFile = new("--key-file") { HelpName = "FILE", Description = "The private key. Default: IMAGEKIT_PRIVATE_KEY." };
    private readonly Option<string?> _urlEndpoint = new("--url-endpoint") { HelpName = "URL", Description = "The account. Default: IMAGEKIT_URL_ENDPOINT." };
    private readonly Option<string?> _apiEndpoint = new("--api-endpoint") { HelpName = "URL", Description = "Default: IMAGEKIT_API_ENDPOINT, else ImageKit's." };
    private readonly Option<string?> _uploadEndpoint = new("--upload-endpoint") { HelpName = "URL", Description = "Default: IMAGEKIT_UPLOAD_ENDPOINT, else ImageKit's." };
    private readonly Option<string?> _emulator = new("--emulator") { HelpName = "DIR", Description = "Serve DIR by the embedded emulator; no account and no key are needed." };

    /// <summary>Adds them to a command, after its own options.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_profile, _urlEndpoint, _keyFile, _apiEndpoint, _uploadEndpoint, _emulator])
            command.Add(option);
    }

    /// <summary>The account that was named; its key is read when it is opened.</summary>
    public MountRequest Request(ParseResult result) => new()
    {
        MountPoint = "/",
        Profile = result.GetValue(_profile),
        KeyFile = Absolute(result.GetValue(_keyFile)),
        UrlEndpoint = result.GetValue(_urlEndpoint),
        ApiEndpoint = result.GetValue(_apiEndpoint),
        UploadEndpoint = result.GetValue(_uploadEndpoint),
        EmulatorFolder = Absolute(result.GetValue(_emulator)),
    };

    private static string? Absolute(string? path) => path is null ? null : Path.GetFullPath(path);
}
