using ImageKitFs.Emulator.Routes;
using Microsoft.AspNetCore.Http;

namespace ImageKitFs.Emulator.Http;

/// <summary>A request, sorted into its kind.</summary>
internal sealed class Call
{
    /// <summary>Sorts a request. One origin serves the API, uploads and delivery.</summary>
    public Call(HttpContext http, string target, string[] segments, string imageKitId, ApiRoutes api)
    {
        Http = http;
        Target = target;
        switch (segments)
        {
            case ["v1" or "v2", .. var rest]:
                IsV2 = segments[0] == "v2";
                Route = api.Find(Method, rest);
                Kind = Route.Kind;
                Request = new ApiRequest(http, rest, IsV2);
                break;
            case ["api", "v1" or "v2", "files", "upload"] when Method == "POST":
                IsV2 = segments[1] == "v2";
                Kind = EndpointKind.Upload;
                break;
            case [var id, ..] when id == imageKitId && target.StartsWith($"/{imageKitId}/", StringComparison.Ordinal):
                Kind = EndpointKind.Delivery;
                break;
            default:
                Kind = EndpointKind.Unknown;
                break;
        }
    }

    /// <summary>The request and its reply.</summary>
    public HttpContext Http { get; }

    /// <summary>The request target as sent.</summary>
    public string Target { get; }

    /// <summary>The kind it is counted under.</summary>
    public string Kind { get; }

    /// <summary>True below v2.</summary>
    public bool IsV2 { get; }

    /// <summary>The route of a management call.</summary>
    public ApiRoute? Route { get; }

    /// <summary>The management call.</summary>
    public ApiRequest? Request { get; }

    /// <summary>The HTTP method.</summary>
    public string Method => Http.Request.Method;
}
