using System.Buffers;
using System.Text.Json;

namespace ImageKitFs.Core.Api;

internal sealed partial class ImageKitClient
{
    private const string FieldsPath = "/v1/customMetadataFields";

    public ValueTask<ApiResult<IReadOnlyList<string>>> MetadataFieldsAsync(CancellationToken ct) =>
        ReadAsync<IReadOnlyList<string>>(ApiOperation.Fields, "the custom metadata fields", FieldsPath, MaxRowBytes, static reply => ReadNames(reply.Body), ct);

    public ValueTask<ApiResult<IReadOnlyList<MetadataField>>> FieldsAsync(CancellationToken ct) =>
        ReadAsync<IReadOnlyList<MetadataField>>(ApiOperation.Fields, "the custom metadata fields", FieldsPath, MaxRowBytes, static reply => ReadFields(reply.Body), ct);

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

    private static List<MetadataField>? ReadFields(ReadOnlySequence<byte> body)
    {
        using JsonDocument? document = ApiJson.TryParse(body);
        if (document is not { RootElement.ValueKind: JsonValueKind.Array })
            return null;
        var fields = new List<MetadataField>();
        foreach (JsonElement field in document.RootElement.EnumerateArray())
        {
            if (ReadField(field) is { } read)
                fields.Add(read);
        }

        return fields;
    }

    private static MetadataField? ReadField(JsonElement field)
    {
        if (ApiJson.ReadString(field, "name") is not { Length: > 0 } name || !ApiJson.TryGet(field, "schema", out JsonElement schema))
            return null;
        return new MetadataField
        {
            Name = name,
            Label = ApiJson.ReadString(field, "label") ?? name,
            Type = ApiJson.ReadString(schema, "type") ?? "Text",
            IsRequired = ApiJson.TryGet(schema, "isValueRequired", out JsonElement required) && required.ValueKind == JsonValueKind.True,
            Options = ApiJson.TryGet(schema, "selectOptions", out JsonElement options) && options.ValueKind == JsonValueKind.Array
                ? [.. options.EnumerateArray().Select(option => option.GetRawText())]
                : [],
            MinValue = Limit("minValue"),
            MaxValue = Limit("maxValue"),
            MinLength = Length("minLength"),
            MaxLength = Length("maxLength"),
        };

        string? Limit(string limit) => ApiJson.TryGet(schema, limit, out JsonElement value) ? MetadataField.TextOf(value) : null;

        int? Length(string limit) =>
            ApiJson.TryGet(schema, limit, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int length) ? length : null;
    }
}
