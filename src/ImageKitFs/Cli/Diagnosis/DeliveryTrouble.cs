using ImageKitFs.Core.Api;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>Why a file was not delivered: the cause and what to do, each a clause without a full stop, and the exit status.</summary>
/// <param name="Code">The service's word for it (`ik-error`), or empty.</param>
/// <param name="Cause">What happened.</param>
/// <param name="Advice">What to do.</param>
/// <param name="Exit">The exit status.</param>
/// <param name="NeedsAllowList">The origin may be refusing ImageKit's servers.</param>
internal sealed record DeliveryTrouble(string Code, string Cause, string Advice, ExitCode Exit, bool NeedsAllowList = false)
{
    private const string Header = "ik-error";

    /// <summary>Null for a reply that brings the file.</summary>
    public static DeliveryTrouble? Of(ProbeReply reply)
    {
        if (reply.Failure != ProbeFailure.None)
            return new DeliveryTrouble("", reply.Message, "check the network, the proxy and the URL endpoint", ExitCode.NoNetwork);
        if (reply.Ok)
            return null;
        string code = (reply.Header(Header) ?? "").Split(' ', '-', ':', ',')[0].ToUpperInvariant();
        return OfCode(code) ?? OfStatus(reply.Status, code);
    }

    private static DeliveryTrouble? OfCode(string code) => code switch
    {
        "ENOENT" => new(
            code, "no such file: neither the library nor any attached storage has it at this path",
            "check spelling and upper case, and in the dashboard which origins this URL endpoint has and which folder of them it shows", ExitCode.Failed),
        "EACCES" => new(
            code, "the origin refused ImageKit: its credentials are wrong or have expired, or they do not let it read this file",
            "in the dashboard renew the origin's credentials and give them read access; for a web server let ImageKit's requests through its firewall",
            ExitCode.ServiceFailed, NeedsAllowList: true),
        "ELIMIT" => new(
            code, "the file is beyond what ImageKit transforms (bytes, pixels or length of the input)",
            "ask for the original (tr=orig-true), store a smaller one, or ask ImageKit for a plan with higher limits", ExitCode.ServiceFailed),
        "ECONNREFUSED" => new(
            code, "the origin refused ImageKit's connection: it allows no more of them, a firewall is in the way, or it is down",
            "see that the origin runs, raise its limit of connections, and let ImageKit's requests through its firewall", ExitCode.ServiceFailed, NeedsAllowList: true),
        "UNIDENTIFIED" => new(
            code, "ImageKit could not tell what went wrong at the origin",
            "try again; if it lasts, write to support@imagekit.io with the request id", ExitCode.ServiceFailed),
        _ => null,
    };

    private static DeliveryTrouble OfStatus(int status, string code) => status switch
    {
        401 => new(code, "the URL's signature is missing, wrong or expired", "check the private key and this machine's clock; private files need signed URLs", ExitCode.NotPermitted),
        403 => new(
            code, "delivery is forbidden: a private file, or a rule of the account about addresses, referrers or user agents",
            "check the private key and the account's restrictions in the dashboard", ExitCode.NotPermitted),
        404 or 410 => new(code, "not found", "check the path and the URL endpoint: imagekitfs doctor compares it with the account", ExitCode.Failed),
        400 => new(code, "the request was refused, mostly for a transformation that the account does not allow or that is misspelt", "check the words behind tr=", ExitCode.ServiceFailed),
        429 => new(code, "too many requests", "wait, and let fewer programs use the account at a time", ExitCode.ServiceFailed),
        >= 300 and < 400 => new(code, "the reply leads elsewhere (a redirect)", "check the URL endpoint; a sign-in page of the network may be in the way", ExitCode.ServiceFailed),
        _ => new(code, "the service failed", "try again; if it lasts, write to support@imagekit.io with the request id", ExitCode.ServiceFailed),
    };
}
