using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.Media;

namespace ImageKitFs.Cli.Commands;

/// <summary>`meta PATH`, `meta set PATH k=v...`, `meta unset PATH k...`: custom metadata, checked against the account's fields.</summary>
internal sealed class MetaCommand
{
    private readonly Argument<string> _path = Arguments.PathInMount("A file of the library, or its path in a mount.");
    private readonly Option<bool> _json = new("--json") { Description = "For programs: one object." };
    private readonly AccountOptions _account = new();

    public static Command Build()
    {
        Command command = new MetaCommand().BuildShow();
        command.Add(new MetaCommand().BuildSet());
        command.Add(new MetaCommand().BuildUnset());
        return command;
    }

    private Command BuildShow()
    {
        Command command = new("meta", "Show the custom metadata of a file (meta PATH), or change it (meta set PATH ..., meta unset PATH ...).") { _path };
        _path.Hidden = true; // Help would show it before the names of the subcommands, where it must not stand.
        Finish(command, async (library, file, _, ct) => (await library.DetailsAsync(file, ct)).Item.CustomMetadata);
        return command;
    }

    private Command BuildSet()
    {
        Argument<string[]> values = new("FIELD=VALUE") { Description = "A number, text, date, true or false as the field wants it; of several choices: a,b.", Arity = ArgumentArity.OneOrMore };
        Command command = new("set", "Set custom metadata; the fields are those of the account.") { _path, values };
        Finish(command, (library, file, result, ct) =>
        {
            Dictionary<string, string?> wanted = new(StringComparer.Ordinal);
            foreach (string value in result.GetRequiredValue(values))
            {
                int equals = value.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0)
                    throw new CliException(ExitCode.Usage, $"'{value}' is not FIELD=VALUE");
                wanted[value[..equals]] = value[(equals + 1)..];
            }

            return library.SetMetadataAsync(file, wanted, ct);
        });
        return command;
    }

    private Command BuildUnset()
    {
        Argument<string[]> fields = new("FIELD") { Description = "What the file is to have no more.", Arity = ArgumentArity.OneOrMore };
        Command command = new("unset", "Take custom metadata away.") { _path, fields };
        Finish(command, (library, file, result, ct) =>
            library.SetMetadataAsync(file, result.GetRequiredValue(fields).Distinct().ToDictionary(field => field, _ => (string?)null, StringComparer.Ordinal), ct));
        return command;
    }

    private void Finish(Command command, Func<MediaLibrary, MediaItem, ParseResult, CancellationToken, Task<string?>> work)
    {
        command.Add(_json);
        _account.AddTo(command);
        command.SetAction((result, ct) => MediaSession.RunAsync(_account, result, [result.GetRequiredValue(_path)], async session =>
        {
            MediaItem file = await session.Library.FileAsync(session.Paths[0], ct);
            using JsonDocument values = JsonDocument.Parse(await work(session.Library, file, result, ct) ?? "{}");
            session.Changed(file);
            if (result.GetValue(_json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(new MetaView(file.Path, file.Id, values.RootElement), CliJson.Default.MetaView));
                return ExitCode.Ok;
            }

            foreach (JsonProperty field in values.RootElement.EnumerateObject())
                Console.Out.WriteLine($"{Plain.Printable(field.Name)}={Plain.Printable(MetadataField.TextOf(field.Value))}");
            return ExitCode.Ok;
        }, ct));
    }
}
