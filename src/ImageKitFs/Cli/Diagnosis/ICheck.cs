namespace ImageKitFs.Cli.Diagnosis;

/// <summary>One thing that `doctor` looks at. Ends within the time that the token gives it.</summary>
internal interface ICheck
{
    /// <summary>One word, with which its lines begin.</summary>
    string Name { get; }

    /// <summary>Looks.</summary>
    Task<IReadOnlyList<Finding>> RunAsync(CancellationToken ct);
}
