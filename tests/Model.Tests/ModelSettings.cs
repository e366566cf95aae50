using ImageKitFs.Core.Config;
using ImageKitFs.Emulator;

namespace ImageKitFs.Model.Tests;

/// <summary>One kind of world in which the random operations run.</summary>
internal sealed record ModelSettings
{
    public EmulatorOptions Emulator { get; init; } = new() { JobDuration = TimeSpan.Zero };

    public Func<MountOptions, MountOptions> Mount { get; init; } = static options => options;

    /// <summary>Operations of one run.</summary>
    public int Steps { get; init; } = 60;

    /// <summary>The whole tree is compared after this many operations.</summary>
    public int CompareEvery { get; init; } = 15;

    /// <summary>Processes die now and then.</summary>
    public bool Kills { get; init; }

    /// <summary>Somebody else changes the library now and then.</summary>
    public bool Strangers { get; init; }

    /// <summary>Fault rules in force while operations run.</summary>
    public string Faults { get; init; } = "";

    /// <summary>Files and folders draw their names from one pool, so that they meet.</summary>
    public bool SharedNames { get; init; }
}
