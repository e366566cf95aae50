namespace ImageKitFs.Cli.Diagnosis;

/// <summary>Whether the URL endpoint is one of this account.</summary>
internal sealed class EndpointCheck(AccountView account) : ICheck
{
    public string Name => "endpoint";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct)
    {
        EndpointVerdict verdict = await EndpointVerdict.OfAsync(account, ct);
        return verdict.Fit switch
        {
            EndpointFit.Right => [Finding.Pass(Name, $"{account.UrlEndpoint}: {verdict.Words}")],
            EndpointFit.Wrong => [Finding.Fail(Name, $"{account.UrlEndpoint} is not this account's: {verdict.Words}", $"use {verdict.Base}", ExitCode.ServiceFailed)],
            EndpointFit.Unknown => [Finding.Info(Name, $"{account.UrlEndpoint} could not be compared: {verdict.Words}")],
        };
    }
}
