using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Library;

/// <summary>Upload and update extensions. Only the auto-tagging ones leave a trace here: one made-up tag.</summary>
internal static class Extensions
{
    /// <summary>The AI tags that the extensions would find, or null when none of them tags.</summary>
    public static JsonArray? AiTagsOf(JsonArray extensions, MediaInfo media)
    {
        string? source = Names(extensions).FirstOrDefault(name => name is "google-auto-tagging" or "aws-auto-tagging");
        return source is null || !media.IsImage
            ? null
            : new JsonArray(new JsonObject { ["name"] = "Picture", ["confidence"] = 97.5, ["source"] = source });
    }

    /// <summary>The <c>extensionStatus</c> object.</summary>
    public static JsonObject StatusOf(JsonArray extensions)
    {
        var status = new JsonObject();
        foreach (string name in Names(extensions))
            status[name] = "success";
        return status;
    }

    private static IEnumerable<string> Names(JsonArray extensions) =>
        extensions.OfType<JsonObject>().Select(extension => extension["name"]).OfType<JsonValue>().Select(name => name.ToString());
}
