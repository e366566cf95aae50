using ImageKitFs.Platform.Linux.Protocol;

namespace ImageKitFs.Platform.Linux;

/// <summary>Names one request of the kernel: what a reply must carry, and what a log line shows.</summary>
internal readonly record struct RequestId(ulong Unique, FuseOpcode Opcode);
