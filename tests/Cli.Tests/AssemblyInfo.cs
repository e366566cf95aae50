using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]
// Every test starts processes; more of them side by side only makes each slower.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
