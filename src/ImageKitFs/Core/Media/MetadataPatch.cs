using System.Text;
using System.Text.Json;
using ImageKitFs.Core.Api;

namespace ImageKitFs.Core.Media;

/// <summary>A change of custom metadata, from texts to the JSON that the service takes.</summary>
internal static class MetadataPatch
{
    /// <param name="values">Texts; null unsets.</param>
    /// <param name="fields">Those of the account.</param>
    /// <param name="problem">What is wrong with the first that cannot be stored, or null.</param>
    public static string ToJson(IReadOnlyDictionary<string, string?> values, IReadOnlyList<MetadataField> fields, out string? problem)
    {
        problem = null;
        var json = new StringBuilder("{");
        foreach ((string name, string? text) in values)
        {
            if (fields.FirstOrDefault(field => field.Name == name) is not { } field)
            {
                problem ??= $"the account has no custom metadata field '{name}'{Known(fields)}";
                continue;
            }

            string value = "null";
            if (text is null && field.IsRequired)
                problem ??= $"{name} is required, so it cannot be unset";
            else if (text is not null && field.TryRead(text, out value) is { } wrong)
                problem ??= $"{name} {wrong}, not '{text}'";
            json.Append(json.Length > 1 ? "," : "").Append('"').Append(JsonEncodedText.Encode(name)).Append("\":").Append(value);
        }

        return json.Append('}').ToString();
    }

    private static string Known(IReadOnlyList<MetadataField> fields) =>
        fields.Count == 0 ? "; it has none" : $"; it has {string.Join(", ", fields.Select(field => field.Name))}";
}
