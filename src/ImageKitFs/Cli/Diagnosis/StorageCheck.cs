using ImageKitFs.Core.Api;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>The storage attached to the account, in the order in which each URL endpoint asks it: the media library first, then its origins.</summary>
internal sealed class StorageCheck(AccountView account) : ICheck
{
    // ImageKit advises no more than two.
    private const int ManyOrigins = 2;

    public string Name => "storage";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct)
    {
        ProbeReply endpoints = await account.UrlEndpointsAsync(ct);
        ProbeReply origins = await account.OriginsAsync(ct);
        if (!endpoints.Ok || !origins.Ok)
            return [Finding.Info(Name, $"attached storage could not be seen: {Why(endpoints.Ok ? origins : endpoints)}")];
        IReadOnlyList<UrlEndpointRow> rows = AccountView.UrlEndpointsOf(endpoints);
        IReadOnlyList<OriginRow> known = AccountView.OriginsOf(origins);
        EndpointVerdict verdict = await EndpointVerdict.OfAsync(account, ct);
        List<Finding> findings = [];
        foreach ((string url, UrlEndpointRow row) in EndpointVerdict.UrlsOf(rows, verdict.Base, account.UrlEndpoint).Zip(rows))
        {
            string order = string.Join("; then ", row.Origins.Select(id => Describe(id, known)).Prepend("the media library"));
            findings.Add(row.Origins.Count > ManyOrigins
                ? Finding.Warn(Name, $"{url} asks {order}", "attach no more than two origins to a URL endpoint: each one that does not have the file costs time")
                : Finding.Info(Name, $"{url} asks {order}"));
        }

        HashSet<string> attached = [.. rows.SelectMany(row => row.Origins)];
        findings.AddRange(known.Where(origin => !attached.Contains(origin.Id)).Select(origin =>
            Finding.Warn(Name, $"{Describe(origin.Id, known)} is attached to no URL endpoint", "attach it in the dashboard, or its files are not delivered")));
        return findings;
    }

    /// <summary>Why an account's settings are not to be had.</summary>
    public static string Why(ProbeReply reply) => reply switch
    {
        { Failure: not ProbeFailure.None } => reply.Message,
        { Status: 401 or 403 } => $"this key may not see the account's settings ({reply.Status})",
        { Status: 404 } => "the service does not offer it here (404)",
        _ => $"the service answered {reply.Status}{(reply.RequestId.Length > 0 ? $" [request {reply.RequestId}]" : "")}",
    };

    private static string Describe(string id, IReadOnlyList<OriginRow> known) => known.FirstOrDefault(origin => origin.Id == id) is { } origin
        ? $"the origin {origin.Name} ({origin.Type}{(origin.Address.Length > 0 ? $" {origin.Address}" : "")})"
        : $"the origin {id}";
}
