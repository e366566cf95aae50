using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]
// Every test runs programs and counts requests; side by side they would only disturb each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
