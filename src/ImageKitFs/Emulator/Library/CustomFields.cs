using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Library;

/// <summary>The custom metadata fields of an account, and the check of values against them.</summary>
internal sealed class CustomFields(ObjectIds ids, Action<JsonObject> save)
{
    /// <summary>The kind of record in the log.</summary>
    public const string RecordKind = "field";

    private static readonly string[] Types = ["Text", "Textarea", "Number", "Date", "Boolean", "SingleSelect", "MultiSelect"];

    private readonly Lock _gate = new();
    private readonly List<JsonObject> _fields = [];
    private readonly HashSet<string> _deleted = new(StringComparer.Ordinal);

    /// <summary>All fields; deleted ones too when asked for.</summary>
    public JsonArray All(bool includeDeleted)
    {
        lock (_gate)
            return new JsonArray([.. _fields.Where(field => includeDeleted || !IsDeleted(field)).Select(field => field.DeepClone())]);
    }

    /// <summary>Adds a field.</summary>
    public JsonObject Create(JsonObject body)
    {
        string name = Required(body, "name");
        string label = Required(body, "label");
        JsonObject schema = CheckedSchema(body["schema"] as JsonObject ?? throw new Refusal(400, "Your request is missing schema parameter."), type: null);
        lock (_gate)
        {
            // A deleted name can never be used again, a deleted label can.
            if (_fields.Any(field => (string)field["name"]! == name))
                throw new Refusal(400, "A custom metadata field with this name already exists.");
            RequireFreeLabel(label, id: null);
            var field = new JsonObject { ["id"] = ids.Next(), ["name"] = name, ["label"] = label, ["schema"] = schema };
            if (body["description"] is { } description)
                field["description"] = description.DeepClone();
            _fields.Add(field);
            Save(field);
            return (JsonObject)field.DeepClone();
        }
    }

    /// <summary>Changes label or schema.</summary>
    public JsonObject Update(string id, JsonObject body)
    {
        lock (_gate)
        {
            JsonObject field = Find(id);
            if (body["label"] is null && body["schema"] is null && body["description"] is null)
                throw new Refusal(400, "Your request should contain at least one of label and schema parameters.");
            if (body["label"] is not null)
            {
                string label = Required(body, "label");
                RequireFreeLabel(label, id);
                field["label"] = label;
            }

            if (body["schema"] is JsonObject schema)
            {
                var merged = (JsonObject)field["schema"]!.DeepClone();
                foreach ((string key, JsonNode? value) in schema)
                    merged[key] = value?.DeepClone();
                field["schema"] = CheckedSchema(merged, (string)field["schema"]!["type"]!);
            }

            if (body["description"] is { } description)
                field["description"] = description.DeepClone();
            Save(field);
            return (JsonObject)field.DeepClone();
        }
    }

    /// <summary>Deletes a field.</summary>
    public void Delete(string id)
    {
        lock (_gate)
        {
            JsonObject field = Find(id);
            _deleted.Add(id);
            Save(field);
        }
    }

    /// <summary>Takes up a record of an earlier run.</summary>
    public void Load(JsonObject record)
    {
        _fields.Add((JsonObject)record["item"]!.DeepClone());
        if ((bool)record["deleted"]!)
            _deleted.Add((string)record["id"]!);
    }

    /// <summary>Refuses values that no field allows. A null value unsets and is allowed where the field is optional.</summary>
    public void Check(JsonObject values)
    {
        var errors = new JsonObject();
        lock (_gate)
        {
            foreach ((string name, JsonNode? value) in values)
            {
                JsonObject? field = _fields.FirstOrDefault(field => (string)field["name"]! == name && !IsDeleted(field));
                string? problem = field is null ? "No such custom metadata field exists." : Problem((JsonObject)field["schema"]!, value);
                if (problem is not null)
                    errors[name] = problem;
            }

            foreach (JsonObject field in _fields.Where(field => !IsDeleted(field) && IsRequired(field)))
            {
                string name = (string)field["name"]!;
                if (values[name] is null && errors[name] is null)
                    errors[name] = "is required";
            }
        }

        if (errors.Count > 0)
            throw new Refusal(400, "Invalid custom metadata.", extra: body => body["errors"] = errors);
    }

    private static string Required(JsonObject body, string name) =>
        body[name] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0
            ? text
            : throw new Refusal(400, $"Your request is missing {name} parameter.");

    private static JsonObject CheckedSchema(JsonObject schema, string? type)
    {
        string? stated = (string?)schema["type"];
        if (stated is null || !Types.Contains(stated, StringComparer.Ordinal) || (type is not null && stated != type))
            throw new Refusal(400, "Your request contains invalid value for schema.type parameter.");
        if (stated is "SingleSelect" or "MultiSelect" && schema["selectOptions"] is not JsonArray { Count: > 0 })
            throw new Refusal(400, "Your request is missing schema.selectOptions parameter.");
        if ((bool?)schema["isValueRequired"] == true && schema["defaultValue"] is null)
            throw new Refusal(400, "schema.defaultValue is required when isValueRequired is true.");
        return (JsonObject)schema.DeepClone();
    }

    private static string? Problem(JsonObject schema, JsonNode? value)
    {
        if (value is null)
            return (bool?)schema["isValueRequired"] == true ? "is required" : null;
        JsonValueKind kind = value.GetValueKind();
        return (string)schema["type"]! switch
        {
            "Number" when kind != JsonValueKind.Number => "should be a number",
            "Number" => OutOfRange(schema, value.GetValue<double>()),
            "Boolean" => kind is JsonValueKind.True or JsonValueKind.False ? null : "should be a boolean",
            "MultiSelect" => value is JsonArray chosen && chosen.All(one => IsOption(schema, one)) ? null : "should be an array of the allowed values",
            "SingleSelect" => IsOption(schema, value) ? null : "should be one of the allowed values",
            "Date" => kind == JsonValueKind.String && DateTimeOffset.TryParse((string)value!, CultureInfo.InvariantCulture, out _) ? null : "should be a date",
            _ when kind != JsonValueKind.String => "should be a string",
            _ => WrongLength(schema, ((string)value!).Length),
        };
    }

    private static string? OutOfRange(JsonObject schema, double value)
    {
        if (schema["minValue"] is { } least && value < least.GetValue<double>())
            return $"should be greater than or equal to {least}";
        return schema["maxValue"] is { } most && value > most.GetValue<double>() ? $"should be less than or equal to {most}" : null;
    }

    private static string? WrongLength(JsonObject schema, int length)
    {
        if (schema["minLength"] is { } least && length < least.GetValue<double>())
            return $"should have at least {least} characters";
        return schema["maxLength"] is { } most && length > most.GetValue<double>() ? $"should have at most {most} characters" : null;
    }

    private static bool IsOption(JsonObject schema, JsonNode? value) =>
        schema["selectOptions"] is JsonArray options && options.Any(option => JsonNode.DeepEquals(option, value));

    private static bool IsRequired(JsonObject field) => (bool?)field["schema"]!["isValueRequired"] == true;

    private bool IsDeleted(JsonObject field) => _deleted.Contains((string)field["id"]!);

    private JsonObject Find(string id) => _fields.FirstOrDefault(field => (string?)field["id"] == id && !IsDeleted(field))
        ?? throw new Refusal(404, "No such custom metadata field exists.");

    private void RequireFreeLabel(string label, string? id)
    {
        if (_fields.Any(field => (string)field["label"]! == label && (string?)field["id"] != id && !IsDeleted(field)))
            throw new Refusal(400, "A custom metadata field with this label already exists.");
    }

    private void Save(JsonObject field) => save(new JsonObject
    {
        ["op"] = RecordKind,
        ["id"] = (string)field["id"]!,
        ["item"] = field.DeepClone(),
        ["deleted"] = _deleted.Contains((string)field["id"]!),
    });
}
