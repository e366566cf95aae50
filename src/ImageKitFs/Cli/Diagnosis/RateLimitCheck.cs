namespace ImageKitFs.Cli.Diagnosis;

/// <summary>Rate limits that this diagnosis ran into; the last check.</summary>
internal sealed class RateLimitCheck(AccountView account) : ICheck
{
    public string Name => "limits";

    public Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<Finding>>(account.Limits.Count == 0
        ? [Finding.Pass(Name, $"no rate limit was hit{(account.Allowances.Count > 0 ? $"; {account.Allowances[0].What} allows {account.Allowances[0].Limit} requests in {account.Allowances[0].Interval} ms" : "")}")]
        : [.. account.Limits.Select(seen => Finding.Warn(
            Name, $"{seen.What} asked to slow down: {seen.Limit} requests in {seen.Interval} ms, again after {seen.Reset} ms",
            "let fewer programs use the account at a time, or ask ImageKit for a higher limit"))]);
}
