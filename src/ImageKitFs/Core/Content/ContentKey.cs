using System.IO.Hashing;
using System.Text;

namespace ImageKitFs.Core.Content;

/// <summary>Names the bytes of one version of one file. They never change, so nothing here is ever invalidated.</summary>
internal readonly record struct ContentKey(string FileId, string VersionId)
{
    /// <summary>The key as the cache's file name: a hash, since ids come from outside and must not shape a path.</summary>
    public UInt128 ToFileName() => XxHash128.HashToUInt128(Encoding.UTF8.GetBytes($"{FileId}\n{VersionId}"));
}
