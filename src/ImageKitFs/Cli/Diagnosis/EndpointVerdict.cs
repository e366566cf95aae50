using ImageKitFs.Core.Api;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>How a URL endpoint fits its account.</summary>
internal enum EndpointFit
{
    /// <summary>The account's own, or it delivers the account's files (a custom domain, another URL endpoint).</summary>
    Right,

    /// <summary>It does not deliver the account's files.</summary>
    Wrong,

    /// <summary>Nothing to compare it with, or no clear answer.</summary>
    Unknown,
}

/// <summary>Compares a URL endpoint with what the account says.</summary>
/// <param name="Fit">How it fits.</param>
/// <param name="Base">Where the account's files are delivered by their own listing; null when that shows none.</param>
/// <param name="Words">Why, a clause.</param>
internal sealed record EndpointVerdict(EndpointFit Fit, string? Base, string Words)
{
    /// <summary>Asks delivery only when the listing names another prefix.</summary>
    public static async Task<EndpointVerdict> OfAsync(AccountView account, CancellationToken ct)
    {
        ListedFile? file = AccountView.FileOf(await account.FirstFileAsync(ct));
        if (file is null)
            return new EndpointVerdict(EndpointFit.Unknown, null, "the library has no file yet to compare it with");
        string? own = BaseOf(file);
        if (own is null)
            return new EndpointVerdict(EndpointFit.Unknown, null, "the service's own URLs cannot be taken apart");
        if (own == account.UrlEndpoint)
            return new EndpointVerdict(EndpointFit.Right, own, "the account's own");
        using ProbeReply reply = await account.LookAtAsync(file, ct);
        return reply switch
        {
            { Ok: true } => new(EndpointFit.Right, own, $"another endpoint of the account, whose own is {own}"),
            { Failure: ProbeFailure.NameNotFound } => new(EndpointFit.Wrong, own, $"{reply.Message}; the account's own URL endpoint is {own}"),
            { Failure: not ProbeFailure.None } => new(EndpointFit.Unknown, own, $"{reply.Message}; the account's own URL endpoint is {own}"),
            { Status: 401 or 403 or 429 or >= 500 } => new(EndpointFit.Unknown, own, $"it answers {reply.Status} for {file.Path}; the account's own URL endpoint is {own}"),
            _ => new(EndpointFit.Wrong, own, $"it does not deliver this account's files ({reply.Status} for {file.Path}); the account's own URL endpoint is {own}"),
        };
    }

    /// <summary>What stands before a file's path in its own URL; null when the URL does not end in the path.</summary>
    public static string? BaseOf(ListedFile file)
    {
        if (!Uri.TryCreate(file.Url, UriKind.Absolute, out Uri? url))
            return null;
        string[] parts = url.AbsolutePath.Trim('/').Split('/');
        string path = file.Path.Trim('/');
        int below = path.Split('/').Length;
        if (parts.Length < below || string.Join('/', parts[^below..].Select(Uri.UnescapeDataString)) != path)
            return null;
        return $"{url.GetLeftPart(UriPartial.Authority)}/{string.Join('/', parts[..^below])}".TrimEnd('/');
    }

    /// <summary>The whole URL of each of the account's endpoints.</summary>
    /// <param name="rows">What the account named.</param>
    /// <param name="own">The account's own endpoint where it is known.</param>
    /// <param name="used">The one in use, from which the account's own is told when it ends in a known prefix.</param>
    public static IReadOnlyList<string> UrlsOf(IReadOnlyList<UrlEndpointRow> rows, string? own, string used)
    {
        string root = own ?? rows.Where(row => row.Prefix.Length > 0 && used.EndsWith("/" + row.Prefix, StringComparison.Ordinal))
            .Select(row => used[..^(row.Prefix.Length + 1)]).FirstOrDefault(used);
        return [.. rows.Select(row => row.Prefix.Length == 0 ? root : $"{root}/{row.Prefix}")];
    }
}
