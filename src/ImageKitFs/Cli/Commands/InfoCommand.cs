using System.CommandLine;
using System.Text.Json;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Media;

namespace ImageKitFs.Cli.Commands;

/// <summary>`info`: all that ImageKit knows about a file.</summary>
internal sealed class InfoCommand
{
    private readonly Argument<string> _path = Arguments.PathInMount("A file or folder of the library, or its path in a mount.");
    private readonly Option<bool> _origin = new("--origin") { Description = "PATH lies in attached external storage, which is delivered and never listed: the delivery host is asked." };
    private readonly Option<bool> _json = new("--json") { Description = "For programs: one object." };
    private readonly AccountOptions _account = new();

    public static Command Build() => new InfoCommand().BuildCommand();

    private Command BuildCommand()
    {
        Command command = new("info", "Show what ImageKit knows about a file: size, type, dimensions, tags, description, metadata, versions, URL.") { _path, _origin, _json };
        _account.AddTo(command);
        command.SetAction((result, ct) => MediaSession.RunAsync(_account, result, [result.GetRequiredValue(_path)], async session =>
        {
            InfoView info = result.GetValue(_origin)
                ? await OfOriginAsync(session, session.Paths[0], ct)
                : await OfAsync(session.Library, session.Paths[0], ct);
            if (result.GetValue(_json))
                Console.Out.WriteLine(JsonSerializer.Serialize(info, CliJson.Default.InfoView));
            else
                InfoText.Write(info, Console.Out);
            return ExitCode.Ok;
        }, ct));
        return command;
    }

    private static async Task<InfoView> OfAsync(MediaLibrary library, string path, CancellationToken ct)
    {
        MediaItem item = await library.ItemAsync(path, ct);
        if (item.IsFolder)
            return new InfoView { Type = "folder", Path = item.Path, FolderId = item.Id, CreatedAt = item.CreatedAt, UpdatedAt = item.UpdatedAt, CustomMetadata = Parse(item.CustomMetadata) };
        (MediaItem file, string json) = await library.DetailsAsync(item, ct);
        int versions = (await library.VersionsAsync(file, ct)).Count;
        string? metadata = await library.MetadataAsync(file, ct);
        JsonElement row = Parse(json)!.Value;
        return new InfoView
        {
            Type = "file",
            Path = file.Path,
            FileId = file.Id,
            Version = file.VersionNumber,
            VersionId = file.VersionId,
            Versions = versions,
            Size = file.Size,
            Mime = file.Mime,
            FileType = TextOf(row, "fileType"),
            Width = file.Width,
            Height = file.Height,
            Tags = file.Tags,
            AiTags = Member(row, "AITags"),
            Description = file.Description,
            CustomMetadata = Parse(file.CustomMetadata),
            CustomCoordinates = TextOf(row, "customCoordinates"),
            IsPrivate = file.IsPrivate,
            IsPublished = Member(row, "isPublished") is { ValueKind: JsonValueKind.True or JsonValueKind.False } published ? published.GetBoolean() : null,
            CreatedAt = file.CreatedAt,
            UpdatedAt = file.UpdatedAt,
            Url = library.UrlOf(file with { IsPrivate = false }, new UrlForm()),
            Thumbnail = TextOf(row, "thumbnail"),
            EmbeddedMetadata = Member(row, "embeddedMetadata"),
            Metadata = Parse(metadata),
        };
    }

    private static async Task<InfoView> OfOriginAsync(MediaSession session, string path, CancellationToken ct)
    {
        await using OriginFile files = OriginFile.Open(session.Account);
        OriginFileInfo item = await files.HeadAsync(path, ct);
        JsonElement? metadata = Parse(await session.Library.MetadataOfOriginAsync(path, ct));
        return new InfoView
        {
            Type = "origin",
            Path = item.Path,
            Size = item.Size,
            Mime = item.ContentType,
            Width = Number(metadata, "width"),
            Height = Number(metadata, "height"),
            UpdatedAt = item.LastModified,
            Url = session.Library.UrlOfOrigin(path, new UrlForm()),
            ETag = item.ETag,
            Metadata = metadata,
        };
    }

    private static JsonElement? Parse(string? json)
    {
        if (json is null)
            return null;
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static JsonElement? Member(JsonElement row, string name) =>
        row.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? TextOf(JsonElement row, string name) => Member(row, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static int? Number(JsonElement? row, string name) =>
        row is { } known && Member(known, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number) ? number : null;
}
