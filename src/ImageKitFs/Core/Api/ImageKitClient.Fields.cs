using System.Buffers;
using System.Text.Json;

namespace ImageKitFs.Core.Api;

internal sealed partial class ImageKitClient
{
    private const string FieldsPath = "/v1/customMetadataFields";

    public ValueTask<ApiResult<IReadOnlyList<string>>> MetadataFieldsAsync(CancellationToken ct) =>
        ReadAsync<IReadOnlyList<string>>(ApiOperation.Fields, "the custom metadata fields", FieldsPath, MaxRowBytes, static reply => ReadNames(reply.Body), ct);

    public ValueTask<ApiResult<Nothing>> CreateTextFieldAsync(string name, string label, CancellationToken ct) =>
        WriteAsync(ApiOperation.Fields, "the new custom metadata field", HttpMethod.Post, FieldsPath, Json(writer =>
        {
            writer.WriteString("name", name);
            writer.WriteString("label", label);
            writer.WriteStartObject("schema");
            writer.WriteString("type", "Text");
            writer.WriteEndObject();
        }), RepeatRule.OnlyWhenNotDone, ct);

    private static List<string>? ReadNames(ReadOnlySequence<byte> body)
    {
        using JsonDocument? document = ApiJson.TryParse(body);
        if (document is not { RootElement.ValueKind: JsonValueKind.Array })
            return null;
        var names = new List<string>();
        foreach (JsonElement field in document.RootElement.EnumerateArray())
        {
            if (ApiJson.ReadString(field, "name") is { } name)
                names.Add(name);
        }

        return names;
    }
}
