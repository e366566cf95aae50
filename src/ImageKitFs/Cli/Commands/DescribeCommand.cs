using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Media;

namespace ImageKitFs.Cli.Commands;

/// <summary>`describe PATH [TEXT]`: shows, sets or clears the description of a file.</summary>
internal sealed class DescribeCommand
{
    private readonly Argument<string> _path = Arguments.PathInMount("A file of the library, or its path in a mount.");
    private readonly Argument<string?> _text = new("TEXT") { Description = "The new description; empty: none. Left out: show it.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _json = new("--json") { Description = "For programs: one object." };
    private readonly AccountOptions _account = new();

    public static Command Build() => new DescribeCommand().BuildCommand();

    private Command BuildCommand()
    {
        Command command = new("describe", "Show, set or clear (with \"\") the description of a file.") { _path, _text, _json };
        _account.AddTo(command);
        command.SetAction((result, ct) => MediaSession.RunAsync(_account, result, [result.GetRequiredValue(_path)], async session =>
        {
            MediaItem file = await session.Library.FileAsync(session.Paths[0], ct);
            string? description;
            if (result.GetValue(_text) is { } text)
            {
                await session.Library.DescribeAsync(file, text, ct);
                session.Changed(file);
                description = text.Length > 0 ? text : null;
            }
            else
            {
                description = (await session.Library.DetailsAsync(file, ct)).Item.Description;
            }

            if (result.GetValue(_json))
                Console.Out.WriteLine(JsonSerializer.Serialize(new DescriptionView(file.Path, file.Id, description), CliJson.Default.DescriptionView));
            else if (description is not null)
                Console.Out.WriteLine(Plain.Printable(description));
            return ExitCode.Ok;
        }, ct));
        return command;
    }
}
