using ImageKitFs.Core.Api;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>
/// Whether a URL endpoint hides a folder: where both have one name, a file's URL is read as the endpoint's, and the file is not found although it is listed.
/// </summary>
internal sealed class ShadowCheck(AccountView account) : ICheck
{
    // Each folder costs two requests to be sure of.
    private const int MostLookedAt = 5;

    public string Name => "shadow";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct)
    {
        ProbeReply endpoints = await account.UrlEndpointsAsync(ct);
        if (!endpoints.Ok)
            return [Finding.Info(Name, $"whether a URL endpoint hides a folder could not be seen: {StorageCheck.Why(endpoints)}")];
        IReadOnlyList<UrlEndpointRow> rows = AccountView.UrlEndpointsOf(endpoints);
        // Behind a prefix of its own a URL is not looked at for another one.
        if (rows.Any(row => row.Prefix.Length > 0 && account.UrlEndpoint.EndsWith("/" + row.Prefix, StringComparison.Ordinal)))
            return [Finding.Pass(Name, "this URL endpoint has a prefix of its own: it hides no folder")];
        HashSet<string> folders = [.. AccountView.FoldersOf(await account.RootFoldersAsync(ct))];
        List<Finding> findings = [];
        foreach (UrlEndpointRow row in rows.Where(row => folders.Contains(row.Prefix)).Take(MostLookedAt))
            findings.Add(await LookAsync(row.Prefix, ct));
        return findings.Count > 0 ? findings : [Finding.Pass(Name, "no URL endpoint hides a folder of the library")];
    }

    private async Task<Finding> LookAsync(string name, CancellationToken ct)
    {
        string advice = $"rename that URL endpoint or the folder, or mount with --url-endpoint {account.UrlEndpoint}/{name}";
        ListedFile? file = AccountView.FileOf(await account.FileInAsync(name, ct));
        if (file is null)
            return Finding.Warn(Name, $"the URL endpoint '{name}' has the name of the folder /{name}: files put there will not be found", advice);
        using ProbeReply reply = await account.LookAtAsync(file, ct);
        return reply.Status == 404
            ? Finding.Fail(Name, $"the URL endpoint '{name}' hides the folder /{name}: {file.Path} is listed and not delivered", advice, ExitCode.ServiceFailed)
            : Finding.Warn(Name, $"the URL endpoint '{name}' has the name of the folder /{name}, whose files may not be found", advice);
    }
}
