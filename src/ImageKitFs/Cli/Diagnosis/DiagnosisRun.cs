using System.Globalization;

namespace ImageKitFs.Cli.Diagnosis;

/// <summary>Runs checks one after the other, each for a bounded time, and says how each went as soon as it is known.</summary>
internal sealed class DiagnosisRun(TimeProvider time, Action<Finding> say)
{
    /// <summary>Longer than the few requests of one check take when the service is slow; nobody waits longer for one line.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(40);

    private readonly List<Finding> _findings = [];

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>False when the check failed.</summary>
    public async Task<bool> RunAsync(ICheck check, CancellationToken ct)
    {
        using CancellationTokenSource overdue = new(Longest, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(overdue.Token, ct);
        IReadOnlyList<Finding> findings;
        try
        {
            findings = await check.RunAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            findings = [Finding.Warn(check.Name, string.Create(CultureInfo.InvariantCulture, $"not known: it took more than {Longest.TotalSeconds} s"), "look at the network and try again")];
        }

        foreach (Finding finding in findings)
            Add(finding);
        return findings.All(finding => finding.Status != FindingStatus.Fail);
    }

    /// <summary>A line of its own.</summary>
    public void Add(Finding finding)
    {
        _findings.Add(finding);
        say(finding);
    }
}
