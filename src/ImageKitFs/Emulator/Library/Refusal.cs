using System.Text.Json.Nodes;

namespace ImageKitFs.Emulator.Library;

/// <summary>The service's "no": a status and the error body that goes with it. Thrown where the rule is, answered in one place.</summary>
internal sealed class Refusal(int status, string message, string? reason = null, Action<JsonObject>? extra = null) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>The code of copy, move, rename, folder and job errors.</summary>
    public string? Reason => reason;

    /// <summary>Adds further members to the body.</summary>
    public Action<JsonObject>? Extra => extra;

    /// <summary>404 of a file id.</summary>
    public static Refusal NoSuchFile() => new(404, "The requested file does not exist.");

    /// <summary>400 with a reason.</summary>
    public static Refusal Invalid(string reason, string message) => new(400, message, reason);
}
