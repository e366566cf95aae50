using ImageKitFs.Core.Direct;

namespace ImageKitFs.Cli.Library;

/// <summary>SOURCE... TARGET of `cp` and `mv`.</summary>
/// <param name="Sources">What there is of it.</param>
/// <param name="Target">The library that it goes to.</param>
/// <param name="Profile">Its prefix, or null.</param>
/// <param name="Place">Where in it.</param>
internal sealed record Relocation(IReadOnlyList<Source> Sources, DirectLibrary Target, string? Profile, Destination Place)
{
    /// <param name="arguments">Paths of libraries.</param>
    /// <param name="command">Its name, for messages.</param>
    /// <param name="run">Collects what names nothing.</param>
    /// <returns>Null: no source is there.</returns>
    /// <exception cref="CliException">There is no target.</exception>
    public static async Task<Relocation?> FindAsync(string[] arguments, string command, CommandRun run)
    {
        if (arguments.Length < 2)
            throw new CliException(ExitCode.Usage, $"{command} needs a SOURCE and a TARGET; see imagekitfs {command} --help");
        LibraryPath path = LibraryPath.Parse(arguments[^1]);
        IReadOnlyList<Source> sources = await Source.FindAllAsync(arguments[..^1], run);
        if (sources.Count == 0)
            return null;
        DirectLibrary target = await run.Libraries.OpenAsync(path.Profile, run.Stop);
        return new Relocation(sources, target, path.Profile, await Destination.FindAsync(target, path, isFolder: sources.Count > 1, run.Stop));
    }

    /// <summary>The name that a source gets.</summary>
    public string NameOf(Source source) => Place.Name ?? source.Entry.Name;

    /// <summary>The path that a source gets.</summary>
    public string PathOf(Source source) => Place.Folder.Path == "/" ? $"/{NameOf(source)}" : $"{Place.Folder.Path}/{NameOf(source)}";

    /// <summary>What became of a source, or of a part of it.</summary>
    /// <param name="report">Where it is told.</param>
    /// <param name="done">The word for it.</param>
    /// <param name="source">What it was.</param>
    /// <param name="path">Where it is now.</param>
    /// <param name="failure">Why it is not; null: it is.</param>
    public void Say(TransferReport report, string done, Source source, string path, string? failure) => report.Say(new TransferLine
    {
        Action = failure is null ? done : "failed",
        From = source.ToString(),
        Path = LibraryPath.Show(Profile, path),
        Size = source.Entry.IsFolder ? null : source.Entry.Size,
        Error = failure,
    });
}
