namespace ImageKitFs.Core.Config;

/// <summary>Where the service answers. Origins for the two APIs, the whole prefix for delivery (design.md 9).</summary>
public sealed class ImageKitEndpoints
{
    /// <summary>The management API of the real service.</summary>
    public const string DefaultApi = "https://api.imagekit.io";

    /// <summary>The upload API of the real service.</summary>
    public const string DefaultUpload = "https://upload.imagekit.io";

    private ImageKitEndpoints(Uri api, Uri upload, Uri delivery)
    {
        Api = api;
        Upload = upload;
        Delivery = delivery;
    }

    /// <summary>Origin to which /v1/... is added; no trailing slash matters.</summary>
    public Uri Api { get; }

    /// <summary>Origin to which /api/v1/files/upload is added.</summary>
    public Uri Upload { get; }

    /// <summary>The URL endpoint, e.g. https://ik.imagekit.io/name; ends with exactly one slash.</summary>
    public Uri Delivery { get; }

    /// <summary>Checks and takes the three endpoints; null or empty APIs mean the real service.</summary>
    /// <returns>What is wrong, one sentence each; none when <paramref name="endpoints"/> is set.</returns>
    public static IReadOnlyList<string> TryCreate(string? urlEndpoint, string? api, string? upload, out ImageKitEndpoints? endpoints)
    {
        var problems = new List<string>();
        Uri? deliveryUri = Check("URL endpoint", urlEndpoint, isOrigin: false, problems);
        Uri? apiUri = Check("API endpoint", string.IsNullOrWhiteSpace(api) ? DefaultApi : api, isOrigin: true, problems);
        Uri? uploadUri = Check("upload endpoint", string.IsNullOrWhiteSpace(upload) ? DefaultUpload : upload, isOrigin: true, problems);
        endpoints = deliveryUri is null || apiUri is null || uploadUri is null ? null : new ImageKitEndpoints(apiUri, uploadUri, deliveryUri);
        return problems;
    }

    /// <summary>True for https, and for plain http to this machine: the key must not cross a network in the clear.</summary>
    internal static bool IsAllowed(Uri uri) =>
        uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback);

    private static Uri? Check(string what, string? text, bool isOrigin, List<string> problems)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            problems.Add($"The {what} is missing; it looks like https://ik.imagekit.io/your_id.");
            return null;
        }

        if (!Uri.TryCreate(text.Trim().TrimEnd('/') + "/", UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
            return Refuse($"The {what} is not a URL.");
        if (uri.UserInfo.Length > 0)
            return Refuse($"The {what} must not hold a user name or key.");
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
            return Refuse($"The {what} must not have a query or fragment.");
        if (isOrigin && uri.AbsolutePath != "/")
            return Refuse($"The {what} must be an origin without a path, such as https://{uri.Authority}.");
        if (!IsAllowed(uri))
            return Refuse($"The {what} must be https; plain http is accepted for this machine only.");
        return uri;

        Uri? Refuse(string problem)
        {
            problems.Add(problem);
            return null;
        }
    }
}
