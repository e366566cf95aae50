using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]
// Every test runs processes and a mount; more of them side by side only makes each slower.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
