using System.Globalization;
using ImageKitFs.Core.Api;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>This machine's clock against the service's: signed URLs carry the time at which they end.</summary>
internal sealed class ClockCheck(AccountView account) : ICheck
{
    // The Date header has seconds, and a reply takes its time.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);

    public string Name => "clock";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct)
    {
        ProbeReply reply = await account.FirstFileAsync(ct);
        if (reply.Date is not { } theirs)
            return [Finding.Info(Name, reply.Message.Length > 0 ? $"could not be compared: {reply.Message}" : "could not be compared: the service did not say its time")];
        TimeSpan ahead = reply.ReceivedAt - (reply.Elapsed / 2) - theirs;
        return ahead.Duration() <= Tolerance
            ? [Finding.Pass(Name, "this machine's clock and the service's agree")]
            : [Finding.Warn(
                Name, $"this machine's clock is {Words(ahead.Duration())} {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the service's",
                "set it (timedatectl set-ntp true): signed URLs of private files end too early or too late, and times of files are wrong")];
    }

    private static string Words(TimeSpan span) => span switch
    {
        { TotalHours: >= 36 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0.#} days"),
        { TotalMinutes: >= 90 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0.#} hours"),
        { TotalSeconds: >= 90 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} minutes"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} seconds"),
    };
}
