using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Http;

/// <summary>Rows that a client must survive: members missing, null or of another type, names that are paths, names twice.</summary>
internal static class HostileRows
{
    private static readonly string[] Names = ["../escape.txt", "a/b.txt", "..", ".", "", "nul\0name.txt", "line\nbreak.txt", "back\\slash.txt", "CON"];

    /// <summary>Adds hostile rows behind a listing's own.</summary>
    public static void MixInto(JsonArray rows)
    {
        string? taken = rows.OfType<JsonObject>().Select(row => (string?)row["name"]).FirstOrDefault();
        int number = 0;
        foreach (string name in Names.Append(taken ?? "twice.txt").Append(taken ?? "twice.txt"))
        {
            rows.Add((JsonNode)Row(name, number++));
        }

        rows.Add((JsonNode)new JsonObject { ["type"] = "file" });
        rows.Add((JsonNode)new JsonObject { ["type"] = "file", ["name"] = null, ["fileId"] = null, ["filePath"] = null, ["size"] = null });
        rows.Add((JsonNode)new JsonObject { ["type"] = "file", ["name"] = "size.txt", ["fileId"] = Id(number++), ["size"] = -1, ["updatedAt"] = "not a time" });
        rows.Add((JsonNode)new JsonObject { ["type"] = "file", ["name"] = 7, ["fileId"] = true, ["size"] = "many" });
        rows.Add((JsonNode)new JsonObject { ["type"] = "folder", ["name"] = "..", ["folderId"] = Id(number++), ["folderPath"] = "/.." });
        rows.Add((JsonNode)new JsonObject { ["type"] = "folder", ["name"] = "", ["folderId"] = Id(number), ["folderPath"] = null });
        rows.Add((JsonNode)new JsonObject { ["type"] = "unheard-of", ["name"] = "what" });
        rows.Add((JsonNode)new JsonObject());
        rows.Add((JsonNode?)null);
    }

    private static JsonObject Row(string name, int number) => new()
    {
        ["type"] = "file",
        ["name"] = name,
        ["fileId"] = Id(number),
        ["filePath"] = "/" + name,
        ["versionInfo"] = new JsonObject { ["id"] = Id(number), ["name"] = "Version 1" },
        ["url"] = "http://127.0.0.1:9/never",
        ["size"] = 1,
        ["updatedAt"] = "2026-01-01T00:00:00.000Z",
        ["createdAt"] = "2026-01-01T00:00:00.000Z",
    };

    private static string Id(int number) => "ffffffffffffffff" + number.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
}
