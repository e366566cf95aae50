using System.Globalization;
using System.Text.Json;
using ImageKitFs.Cli.Library;
using ImageKitFs.Core.Api;

namespace ImageKitFs.Cli.Commands;

/// <summary>`info` for people: one line for each thing that is known, nested ones with their path.</summary>
internal static class InfoText
{
    // "metadata.hasTransparency" and a little; longer names push their value to the right.
    private const int LabelWidth = 26;

    public static void Write(InfoView info, TextWriter output)
    {
        Line("path", info.Path);
        Line("type", info.Type);
        Line("file id", info.FileId);
        Line("folder id", info.FolderId);
        Line("size", info.Size is { } size ? string.Create(CultureInfo.InvariantCulture, $"{size} bytes") : null);
        Line("mime", info.Mime);
        Line("dimensions", info.Width is { } width && info.Height is { } height ? string.Create(CultureInfo.InvariantCulture, $"{width} x {height}") : null);
        Line("version", info.Version is { } version ? string.Create(CultureInfo.InvariantCulture, $"{version} of {info.Versions} ({info.VersionId})") : null);
        Line("tags", info.Tags.Count > 0 ? string.Join(", ", info.Tags) : null);
        Line("AI tags", info.AiTags is { ValueKind: JsonValueKind.Array } tags ? string.Join(", ", tags.EnumerateArray().Select(NameOf)) : null);
        Line("description", info.Description);
        Line("private", info.IsPrivate is { } isPrivate ? isPrivate ? "yes" : "no" : null);
        Line("published", info.IsPublished is false ? "no" : null);
        Line("coordinates", info.CustomCoordinates);
        Line("created", Time(info.CreatedAt));
        Line("updated", Time(info.UpdatedAt));
        Line("etag", info.ETag);
        Line("url", info.Url);
        Nested("custom", info.CustomMetadata);
        Nested("embedded", info.EmbeddedMetadata);
        Nested("metadata", info.Metadata);

        void Line(string label, string? value)
        {
            if (value is not null)
                output.WriteLine($"{Plain.Printable(label).PadRight(LabelWidth)} {Plain.Printable(value)}");
        }

        void Nested(string label, JsonElement? value)
        {
            if (value is not { } known)
                return;
            if (known.ValueKind != JsonValueKind.Object)
            {
                Line(label, MetadataField.TextOf(known));
                return;
            }

            foreach (JsonProperty member in known.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.Null)
                    Nested($"{label}.{member.Name}", member.Value);
            }
        }
    }

    private static string NameOf(JsonElement tag) =>
        tag.ValueKind == JsonValueKind.Object && tag.TryGetProperty("name", out JsonElement name) ? MetadataField.TextOf(name) : MetadataField.TextOf(tag);

    private static string? Time(DateTimeOffset? time) => time?.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
