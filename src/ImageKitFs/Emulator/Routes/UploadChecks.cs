using ImageKitFs.Emulator.Library;
using ImageKitFs.Emulator.Search;

namespace ImageKitFs.Emulator.Routes;

/// <summary>The <c>checks</c> of an upload: a condition in the search language over the file and the request.</summary>
internal static class UploadChecks
{
    /// <summary>Refuses the upload when the condition does not hold, or is none.</summary>
    public static void Require(string? checks, long length, MediaInfo media, string fileName, string folder)
    {
        if (string.IsNullOrEmpty(checks))
            return;
        var parser = new QueryParser<long>(checks, (field, op, values) => field switch
        {
            "file.size" => Size(op, values),
            "file.mime" => Text(op, values, media.Mime),
            "file.name" or "request.fileName" => Text(op, values, fileName),
            "request.folder" => Text(op, values, folder.Trim('/') + "/"),
            _ => null,
        });
        Func<long, bool> holds = parser.Parse() ?? throw new Refusal(400, "Your request contains invalid syntax for the checks parameter.");
        if (!holds(length))
            throw new Refusal(400, "Your request failed 'checks' validation.");
    }

    private static Func<long, bool>? Size(QueryOperator op, IReadOnlyList<string> values)
    {
        List<double?> sizes = [.. values.Select(RowFields.ParseSize)];
        return op == QueryOperator.Prefix || sizes.Contains(null)
            ? null
            : length => sizes.Any(size => RowFields.Holds(op, ((double)length).CompareTo(size!.Value)));
    }

    private static Func<long, bool>? Text(QueryOperator op, IReadOnlyList<string> values, string own) => op switch
    {
        QueryOperator.Equal or QueryOperator.In => _ => values.Any(value => value.Trim('/') == own.Trim('/')),
        QueryOperator.Prefix => _ => own.StartsWith(values[0].TrimStart('/'), StringComparison.Ordinal),
        _ => null,
    };
}
