namespace ImageKitFs.Cli.Diagnosis;

/// <summary>Whether the key opens the library, and whether it may write.</summary>
internal sealed class KeyCheck(AccountView account, string source, bool isKnownReadOnly) : ICheck
{
    public string Name => "key";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct)
    {
        KeyVerdict verdict = KeyVerdict.Of(await account.FirstFileAsync(ct));
        if (verdict.Exit != ExitCode.Ok)
            return [Finding.Fail(Name, verdict.Words, verdict.Advice, verdict.Exit)];
        return await account.IsReadOnlyAsync(ct) switch
        {
            true => [Finding.Info(Name, $"the key opens the library, read-only ({source})", isKnownReadOnly
                ? "mounts are read-only; give it the right to write in the dashboard and run imagekitfs login again if they should not be"
                : "mount with --read-only, or give it the right to write in the dashboard; imagekitfs login remembers that it only reads")],
            false => [Finding.Pass(Name, $"the key opens the library and may write ({source})")],
            null => [Finding.Pass(Name, $"the key opens the library ({source})"), Finding.Info(Name, "whether it may write could not be seen")],
        };
    }
}
