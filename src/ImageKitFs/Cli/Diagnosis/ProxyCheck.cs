using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>Which proxy leads to the service, if any; its user name and password are not shown.</summary>
internal sealed class ProxyCheck(ImageKitEndpoints endpoints) : ICheck
{
    public string Name => "proxy";

    public Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct)
    {
        List<Finding> findings = [];
        foreach (Uri uri in EndpointHosts.Of(endpoints))
        {
            if (Of(uri) is { } proxy)
                findings.Add(Finding.Info(Name, $"{uri.Host} is reached through the proxy {proxy.Scheme}://{proxy.Authority}", "from HTTPS_PROXY or the system's settings; NO_PROXY makes exceptions"));
        }

        return Task.FromResult<IReadOnlyList<Finding>>(findings.Count > 0 ? findings : [Finding.Pass(Name, "none: the service is reached directly")]);
    }

    /// <summary>The proxy for a URL; null when there is none. This machine needs none.</summary>
    public static Uri? Of(Uri uri)
    {
        if (uri.IsLoopback || HttpClient.DefaultProxy.IsBypassed(uri))
            return null;
        return HttpClient.DefaultProxy.GetProxy(uri) is { } proxy && proxy != uri ? proxy : null;
    }
}
