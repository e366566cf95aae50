using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ImageKitFs.Cli.Library;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Core.Media;

namespace ImageKitFs.Cli.Commands;

/// <summary>`url`: the address that delivers a file, transformed and signed as asked for.</summary>
internal sealed class UrlCommand
{
    private readonly Argument<string> _path = Arguments.PathInMount("A file of the library, or its path in a mount.");
    private readonly Option<string?> _transformation = new("--tr") { HelpName = "w-300,h-300", Description = "Transformed, as ?tr=... behind the path." };
    private readonly Option<bool> _inPath = new("--tr-in-path") { Description = "As tr:.../ before the path instead." };
    private readonly Option<TimeSpan?> _expires = new("--expires")
    {
        HelpName = "T",
        Description = "Signed, and works for this long, such as 1h or 30d.",
        CustomParser = result =>
        {
            if (TryParseLifetime(result.Tokens[0].Value, out TimeSpan lifetime))
                return lifetime;
            result.AddError($"--expires takes a time such as 10m, 1h or 30d, not '{result.Tokens[0].Value}'");
            return null;
        },
    };

    private readonly Option<bool> _sign = new("--sign") { Description = "Signed also when the file is public: for accounts that refuse unsigned URLs. Private files always are." };
    private readonly Option<bool> _origin = new("--origin") { Description = "PATH lies in attached external storage, which is delivered and never listed: it is not looked up." };
    private readonly Option<bool> _json = new("--json") { Description = "For programs: one object." };
    private readonly AccountOptions _account = new();

    public static Command Build() => new UrlCommand().BuildCommand();

    private Command BuildCommand()
    {
        Command command = new("url", "Show the URL that delivers a file; signed when the file is private or the URL is to expire.") { _path };
        foreach (Option option in (Option[])[_transformation, _inPath, _expires, _sign, _origin, _json])
            command.Add(option);
        _account.AddTo(command);
        command.SetAction((result, ct) => MediaSession.RunAsync(_account, result, [result.GetRequiredValue(_path)], session => RunAsync(session, result, ct), ct));
        return command;
    }

    private async Task<ExitCode> RunAsync(MediaSession session, ParseResult result, CancellationToken ct)
    {
        UrlForm form = new()
        {
            Transformation = result.GetValue(_transformation),
            TransformationInPath = result.GetValue(_inPath),
            Lifetime = result.GetValue(_expires),
            IsSigned = result.GetValue(_sign),
        };
        if (form.TransformationInPath && form.Transformation is null)
            throw new CliException(ExitCode.Usage, "--tr-in-path says where --tr goes, and there is none");
        if (form.Transformation is { } words && (words.Length == 0 || words.Contains('/', StringComparison.Ordinal)))
            throw new CliException(ExitCode.Usage, $"--tr takes a transformation such as w-300,h-300, not '{words}'");
        DateTimeOffset? expiry = form.Lifetime is { } lifetime ? TimeProvider.System.GetUtcNow() + lifetime : null;
        string url;
        bool isSigned = form.IsSigned || form.Lifetime is not null;
        if (result.GetValue(_origin))
        {
            url = session.Library.UrlOfOrigin(session.Paths[0], form);
        }
        else
        {
            MediaItem file = await session.Library.FileAsync(session.Paths[0], ct);
            url = session.Library.UrlOf(file, form);
            isSigned |= file.IsPrivate;
        }

        Console.Out.WriteLine(result.GetValue(_json) ? JsonSerializer.Serialize(new UrlView(url, isSigned, expiry), CliJson.Default.UrlView) : url);
        return ExitCode.Ok;
    }

    // Longer than what a timer takes.
    private static bool TryParseLifetime(string text, out TimeSpan lifetime)
    {
        if (text is [.. var days, 'd' or 'D'] && int.TryParse(days, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= 36500)
            lifetime = TimeSpan.FromDays(count);
        else if (!Units.TryParseDuration(text, out lifetime))
            return false;
        return lifetime >= TimeSpan.FromSeconds(1);
    }
}
