using System.CommandLine;
using System.Globalization;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Cli.Commands;

/// <summary>`ls`, `get` and `put`: the library without a mount, for scripts, containers and machines without a driver.</summary>
internal sealed class LibraryCommands
{
    private const string StandardStream = "-";

    private readonly AccountOptions _account = new();

    public static Command BuildList() => new LibraryCommands().List();

    public static Command BuildGet() => new LibraryCommands().Get();

    public static Command BuildPut() => new LibraryCommands().Put();

    private Command List()
    {
        Argument<string> path = new("PATH") { Description = "A folder or file of the library.", DefaultValueFactory = _ => "/" };
        Option<bool> isLong = new("-l", "--long") { Description = "Also size in bytes and time (UTC)." };
        Command command = Build("ls", "List a folder of the library; no mount is needed.", path, isLong);
        command.SetAction(async (result, ct) =>
        {
            await using LibrarySession library = await LibrarySession.OpenAsync(_account.Request(result), ct);
            foreach (LibraryRow row in await library.ListAsync(result.GetRequiredValue(path), ct))
                Console.Out.WriteLine(Describe(row, result.GetValue(isLong)));
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private Command Get()
    {
        Argument<string> path = new("PATH") { Description = "A file of the library." };
        Argument<string?> target = new("LOCAL") { Description = "A file or folder here, or - for standard output. Default: here, under its name.", Arity = ArgumentArity.ZeroOrOne };
        Command command = Build("get", "Copy a file out of the library; no mount is needed.", path, target);
        command.SetAction(async (result, ct) =>
        {
            await using LibrarySession library = await LibrarySession.OpenAsync(_account.Request(result), ct);
            string source = result.GetRequiredValue(path);
            if (result.GetValue(target) is not StandardStream and var local)
            {
                await GetAsync(library, source, LocalFile(local, source), ct);
            }
            else
            {
                await using Stream output = Console.OpenStandardOutput();
                await library.ReadAsync(source, output, ct);
            }

            return (int)ExitCode.Ok;
        });
        return command;
    }

    private Command Put()
    {
        Argument<string> source = new("LOCAL") { Description = "A file here." };
        Argument<string> path = new("PATH") { Description = "A file or folder of the library. Default: /", DefaultValueFactory = _ => "/" };
        Command command = Build("put", "Copy a file into the library; no mount is needed. Done when the library has it.", source, path);
        command.SetAction(async (result, ct) =>
        {
            string local = Path.GetFullPath(result.GetRequiredValue(source));
            await using FileStream input = OpenLocal(local);
            await using LibrarySession library = await LibrarySession.OpenAsync(_account.Request(result), ct);
            string target = result.GetRequiredValue(path);
            if (target.EndsWith('/') || await library.IsFolderAsync(target, ct))
                target = $"{target.TrimEnd('/')}/{Path.GetFileName(local)}";
            await library.WriteAsync(target, input, new DateTimeOffset(File.GetLastWriteTimeUtc(local), TimeSpan.Zero), ct);
            Console.Out.WriteLine($"Stored /{target.Trim('/')}");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private Command Build(string name, string description, params Symbol[] own)
    {
        Command command = new(name, description);
        foreach (Symbol symbol in own)
        {
            if (symbol is Option option)
                command.Add(option);
            else
                command.Add((Argument)symbol);
        }

        _account.AddTo(command);
        return command;
    }

    // Beside the target until it is whole: a copy that breaks off leaves what was there.
    private static async Task GetAsync(LibrarySession library, string source, string local, CancellationToken ct)
    {
        string temporary = $"{local}.{Environment.ProcessId}.part";
        try
        {
            DateTime written;
            await using (FileStream output = File.Create(temporary))
                written = await library.ReadAsync(source, output, ct);
            File.SetLastWriteTimeUtc(temporary, written);
            File.Move(temporary, local, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot write {local}: {e.Message}", e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static string LocalFile(string? local, string source)
    {
        string name = source.TrimEnd('/') is { Length: > 0 } path ? path[(path.LastIndexOf('/') + 1)..] : throw new CliException(ExitCode.Usage, "/ is a folder");
        string target = Path.GetFullPath(local ?? name);
        return Directory.Exists(target) ? Path.Combine(target, name) : target;
    }

    private static FileStream OpenLocal(string local)
    {
        try
        {
            return File.OpenRead(local);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot read {local}: {e.Message}", e);
        }
    }

    private static string Describe(LibraryRow row, bool isLong)
    {
        string name = Plain.Printable(row.Name) + (row.Attr.Kind == FileKind.Directory ? "/" : "");
        return isLong
            ? string.Create(CultureInfo.InvariantCulture, $"{row.Attr.Size,14} {LibrarySession.TimeOf(row.Attr):yyyy-MM-dd HH:mm:ss} {name}")
            : name;
    }
}
