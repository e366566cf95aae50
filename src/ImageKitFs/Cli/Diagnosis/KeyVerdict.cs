using System.Text.Json;
using ImageKitFs.Core.Api;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>What a listing's reply says of the key, in words; null parts where all is well.</summary>
/// <param name="Exit">Ok, or the exit status.</param>
/// <param name="Words">What happened, a clause.</param>
/// <param name="Advice">What to do, a clause.</param>
internal sealed record KeyVerdict(ExitCode Exit, string Words, string Advice)
{
    private const string Renew = "copy it again, or make another one, in the dashboard under Developer options";

    /// <summary>True for a 403 that speaks of the key or the account, not of one call's rights.</summary>
    public static bool IsAboutKey(string message) => Says(message, "authenticat") || Says(message, "expired") || Says(message, "disabled");

    public static KeyVerdict Of(ProbeReply reply) => reply switch
    {
        { Failure: not ProbeFailure.None } => new(ExitCode.NoNetwork, reply.Message, AdviceOf(reply.Failure)),
        { Ok: true } when IsList(reply) => new(ExitCode.Ok, "the key opens the library", ""),
        { Ok: true } => new(ExitCode.ServiceFailed, "the reply is none of ImageKit's", "see that the API endpoint is right; a proxy or a sign-in page of the network may have answered"),
        { Status: 401 } => new(ExitCode.BadKey, Told("the service refused the private key: it is wrong, or was revoked", reply), Renew),
        { Status: 403 } when Says(reply.Message, "expired") => new(ExitCode.BadKey, Told("the private key has expired: it was rolled in the dashboard", reply), Renew),
        { Status: 403 } when Says(reply.Message, "disabled") => new(
            ExitCode.BadKey, Told("the account is disabled", reply), "see the dashboard, or write to support@imagekit.io"),
        { Status: 403 } when Says(reply.Message, "authenticat") || reply.Message.Length == 0 => new(
            ExitCode.BadKey, Told("the service refused the private key: it is wrong, or was revoked", reply), Renew),
        { Status: 403 } => new(
            ExitCode.BadKey, Told("the key may not list files: it is restricted", reply), "give it the right to read the media library, in the dashboard under Developer options"),
        { Status: 429 } => new(ExitCode.ServiceFailed, Told("the service asks to slow down", reply), "wait, and let fewer programs use the account at a time"),
        { Status: >= 500 } => new(ExitCode.ServiceFailed, Told("the service failed", reply), "try again; see ImageKit's status page; support wants the request id"),
        _ => new(ExitCode.ServiceFailed, Told("the service answered with an error", reply), "see that the API endpoint is right"),
    };

    private static string AdviceOf(ProbeFailure failure) => failure switch
    {
        ProbeFailure.NameNotFound => "check the spelling of the endpoint, the network and DNS",
        ProbeFailure.NotTrusted => "a proxy that opens connections needs its certificate installed here; see that this machine's clock is right",
        ProbeFailure.ProxyRefused => "check HTTPS_PROXY and NO_PROXY",
        _ => "check the network, a firewall, and HTTPS_PROXY where there is a proxy",
    };

    private static bool IsList(ProbeReply reply)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(reply.Body);
            return document.RootElement.ValueKind == JsonValueKind.Array;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Told(string words, ProbeReply reply)
    {
        string said = reply.Message.Length > 0 ? $": {reply.Message.TrimEnd('.', ' ')}" : "";
        string id = reply.RequestId.Length > 0 ? $" [request {reply.RequestId}]" : "";
        return $"{words} ({reply.Status}{said}){id}";
    }

    private static bool Says(string message, string part) => message.Contains(part, StringComparison.OrdinalIgnoreCase);
}
