using System.Runtime.Versioning;

// What the framework offers on Windows alone is not used here: the shim runs on its stub on every system.
[assembly: SupportedOSPlatform("windows")]
