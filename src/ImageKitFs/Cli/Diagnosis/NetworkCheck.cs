using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>DNS, connection and TLS of each host of the service. Through a proxy none of them can be seen from here.</summary>
internal sealed class NetworkCheck(ImageKitEndpoints endpoints, TimeProvider time) : ICheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan CertificateEndsSoon = TimeSpan.FromDays(7);

    public string Name => "network";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct) =>
        await Task.WhenAll(EndpointHosts.Of(endpoints).Select(async uri => Weigh(uri, await LookAsync(uri, ct))));

    // Without the upload host a library can still be read.
    private Finding Weigh(Uri uri, Finding finding) =>
        finding.Status == FindingStatus.Fail && uri != endpoints.Api && uri == endpoints.Upload && uri.Authority != endpoints.Delivery.Authority ? Finding.Warn(Name, $"{finding.Message}: nothing can be uploaded", finding.Advice!) : finding;

    private async Task<Finding> LookAsync(Uri uri, CancellationToken ct)
    {
        if (ProxyCheck.Of(uri) is not null)
            return Finding.Info(Name, $"{uri.Host}: DNS, connection and TLS are the proxy's");
        string doing = "resolving its name";
        try
        {
            using CancellationTokenSource overdue = new(Patience, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(overdue.Token, ct);
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(uri.DnsSafeHost, either.Token);
            doing = "connecting";
            using TcpClient client = new();
            await client.ConnectAsync(addresses, uri.Port, either.Token);
            if (uri.Scheme != Uri.UriSchemeHttps)
                return Finding.Pass(Name, $"{uri.Authority} can be connected to (plain http, on this machine)");
            doing = "the TLS handshake";
            return await LookAtTlsAsync(uri, addresses, client, either.Token);
        }
        catch (SocketException e) when (doing.StartsWith("resolving", StringComparison.Ordinal))
        {
            return Finding.Fail(Name, $"the name {uri.Host} cannot be resolved ({e.SocketErrorCode})", "check the spelling of the endpoint, the network, and DNS (/etc/resolv.conf)", ExitCode.NoNetwork);
        }
        catch (SocketException e)
        {
            return Finding.Fail(Name, $"{uri.Authority} cannot be connected to ({e.SocketErrorCode})", "check the network and a firewall; behind a proxy set HTTPS_PROXY", ExitCode.NoNetwork);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return Finding.Fail(Name, $"{uri.Authority}: no secure connection: {e.Message.TrimEnd('.')}", TrustAdvice, ExitCode.NoNetwork);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            string seconds = Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            return Finding.Fail(Name, $"{uri.Authority}: {doing} took more than {seconds} s", "check the network, DNS and a firewall; behind a proxy set HTTPS_PROXY", ExitCode.NoNetwork);
        }
    }

    private const string TrustAdvice = "a proxy that opens connections needs its certificate installed here (package ca-certificates); see that this machine's clock is right";

    private async Task<Finding> LookAtTlsAsync(Uri uri, IPAddress[] addresses, TcpClient client, CancellationToken ct)
    {
        SslPolicyErrors errors = SslPolicyErrors.None;
        await using SslStream stream = new(client.GetStream(), leaveInnerStreamOpen: true, (_, _, _, found) =>
        {
            errors = found;
            return found == SslPolicyErrors.None;
        });
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = uri.Host }, ct);
        }
        catch (AuthenticationException) when (errors != SslPolicyErrors.None)
        {
            return Finding.Fail(Name, $"{uri.Authority}: its certificate is not trusted ({errors})", TrustAdvice, ExitCode.NoNetwork);
        }

        using X509Certificate2 certificate = new(stream.RemoteCertificate!);
        DateTimeOffset end = new(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        string found = string.Create(CultureInfo.InvariantCulture, $"{uri.Authority} ({addresses[0]}): {stream.SslProtocol}, certificate until {end:yyyy-MM-dd}");
        return end - time.GetUtcNow() < CertificateEndsSoon
            ? Finding.Warn(Name, found, "it ends soon: whose domain it is has to renew it")
            : Finding.Pass(Name, found);
    }
}
