namespace ImageKitFs.Benchmarks;

/// <summary>Something that people do with a mount, measured in steps.</summary>
internal abstract class Scenario
{
    public abstract string Name { get; }

    /// <summary>The made-up library, as `imagekitfs emulator --synthetic` takes it; null for an empty one.</summary>
    public virtual string? Library => null;

    /// <summary>Options of the emulator besides the library and the delay.</summary>
    public virtual string[] EmulatorOptions => [];

    /// <summary>Options of every mount.</summary>
    public virtual string[] MountOptions => [];

    /// <summary>Runs with nothing mounted at first.</summary>
    public abstract Task RunAsync(Bench bench);
}
