using System.Globalization;
using ImageKitFs.Core.Api;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>Fetches one file as a browser would, and explains what came: why it did not, where its time went, and the numbers that support asks for.</summary>
/// <param name="account">Whose.</param>
/// <param name="target">A path of the library with or without `?tr=...`, or a whole delivery URL.</param>
/// <param name="time">The clock.</param>
internal sealed class UrlCheck(AccountView account, string target, TimeProvider time) : ICheck
{
    // Enough to see whether the body comes; nobody waits for a whole film here.
    private const long MostBytes = 32 << 20;

    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan SignatureLifetime = TimeSpan.FromHours(1);

    public string Name => "url";

    /// <summary>What was found, for `--json`.</summary>
    public DeliveryView? Found { get; private set; }

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct)
    {
        bool isUrl = target.Contains("://", StringComparison.Ordinal);
        if (isUrl && !Uri.TryCreate(target, UriKind.Absolute, out _))
            throw new CliException(ExitCode.Usage, $"'{Redacted(target)}' is neither a path of the library nor a URL");
        string url = isUrl ? target : UrlOf(lifetime: null);
        ProbeReply reply = await account.Service.FetchAsync(HttpMethod.Get, url, ct);
        bool isSigned = false;
        if (!isUrl && reply.Status is 401 or 403)
        {
            ProbeReply signed = await account.Service.FetchAsync(HttpMethod.Get, UrlOf(SignatureLifetime), ct);
            isSigned = signed.Ok;
            (isSigned ? reply : signed).Dispose();
            reply = isSigned ? signed : reply;
        }

        using (reply)
            return await ExplainAsync(reply, Redacted(url), isSigned, ct);
    }

    private async Task<IReadOnlyList<Finding>> ExplainAsync(ProbeReply reply, string url, bool isSigned, CancellationToken ct)
    {
        DeliveryTrouble? trouble = DeliveryTrouble.Of(reply);
        ServerTiming? timing = ServerTiming.Parse(reply.Header("Server-Timing"));
        (long bytes, string? broken) = trouble is null ? await ReadAsync(reply, ct) : (0, null);
        Found = new DeliveryView
        {
            Url = url,
            Status = reply.Status,
            IkError = reply.Header("ik-error"),
            RequestId = reply.RequestId,
            CdnRequestId = timing?.CdnRequestId,
            Cache = reply.Header("x-cache"),
            Bytes = bytes,
            FirstByteMs = Math.Round(reply.Elapsed.TotalMilliseconds),
            DownloadMs = timing?.Download,
            TransformationMs = timing?.Transformation,
            CdnMs = timing?.Cdn,
            Slowest = timing?.Slowest,
            AllowHeader = trouble is { NeedsAllowList: true } ? AllowList.Header : null,
            AllowAddresses = trouble is { NeedsAllowList: true } ? AllowList.Addresses : null,
        };
        List<Finding> findings = [];
        if (trouble is not null)
            findings.AddRange(Explain(trouble, reply, url));
        else if (broken is not null)
            findings.Add(Finding.Fail(Name, $"{url} broke off after {bytes} bytes: {broken}", "try again; if it lasts, look at the network", ExitCode.NoNetwork));
        else
            findings.Add(Finding.Pass(Name, string.Create(
                CultureInfo.InvariantCulture,
                $"{url} is delivered: {reply.Status}, {reply.Header("Content-Type")}, {bytes} bytes{(bytes >= MostBytes ? " read of it" : "")}, first byte after {reply.Elapsed.TotalMilliseconds:0} ms")));
        if (isSigned)
            findings.Add(Finding.Info(Name, "it needs a signed URL: the file is private, or the account wants every URL signed"));
        if (timing is { Slowest: { } slowest })
        {
            string kept = reply.Header("x-cache")?.StartsWith("Hit", StringComparison.OrdinalIgnoreCase) == true ? "; answered from the CDN's copy, so these may be the times of its first request" : "";
            findings.Add(timing.IsSlow
                ? Finding.Warn("timing", $"{timing}: the slow part is the {slowest}{kept}", timing.Advice)
                : Finding.Pass("timing", $"{timing}: the slowest part is the {slowest}{kept}"));
        }

        if (reply.RequestId.Length > 0 || timing?.CdnRequestId is not null)
            findings.Add(Finding.Info("support", $"request {(reply.RequestId.Length > 0 ? reply.RequestId : "without an id")}{(timing?.CdnRequestId is { } id ? $", CDN request {id}" : "")}"));
        return findings;
    }

    private IEnumerable<Finding> Explain(DeliveryTrouble trouble, ProbeReply reply, string url)
    {
        string said = reply.Header("ik-error") is { } error ? $"{reply.Status}, ik-error: {error}" : reply.Status > 0 ? reply.Status.ToString(CultureInfo.InvariantCulture) : "no answer";
        yield return Finding.Fail(Name, $"{url} is not delivered ({said}): {trouble.Cause}", trouble.Advice, trouble.Exit);
        if (!trouble.NeedsAllowList)
            yield break;
        yield return Finding.Info("firewall", $"requests from ImageKit carry the header {AllowList.Header}", "let them in by that; where a rule cannot look at headers, by these addresses (published by ImageKit, they may change)");
        foreach (string[] line in AllowList.Addresses.Chunk(8))
            yield return Finding.Info("firewall", string.Join(' ', line));
    }

    private async Task<(long Bytes, string? Broken)> ReadAsync(ProbeReply reply, CancellationToken ct)
    {
        byte[] buffer = new byte[1 << 16];
        long bytes = 0;
        long begun = time.GetTimestamp();
        try
        {
            while (bytes < MostBytes && time.GetElapsedTime(begun) < MostTime)
            {
                int count = await reply.Content.ReadAsync(buffer, ct);
                if (count == 0)
                    break;
                bytes += count;
            }

            return (bytes, null);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return (bytes, e.Message.TrimEnd('.'));
        }
    }

    // The path as stored; what follows a question mark is already a query.
    private string UrlOf(TimeSpan? lifetime)
    {
        string[] parts = target.Split('?', 2);
        return account.Service.UrlOf(parts[0], parts.ElementAtOrDefault(1) ?? "", lifetime);
    }

    // A signature opens a private file to whoever reads it.
    private static string Redacted(string url)
    {
        int at = url.IndexOf("ik-s=", StringComparison.Ordinal);
        return Commands.Plain.Printable(at < 0 ? url : url[..(at + 5)] + "***");
    }
}
