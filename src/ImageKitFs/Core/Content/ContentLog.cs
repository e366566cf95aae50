using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Content;

internal static partial class ContentLog
{
    [LoggerMessage(2, LogLevel.Warning, "A cached block of file {FileId} version {VersionId} failed its checksum and is fetched again. If this repeats, check the disk.")]
    public static partial void CorruptBlock(ILogger logger, string fileId, string versionId);

    [LoggerMessage(3, LogLevel.Error, "The bytes served for file {FileId} version {VersionId} at {RemotePath} are not that version: {Difference}. The read failed.")]
    public static partial void WrongBytes(ILogger logger, string fileId, string versionId, string remotePath, string difference);

    [LoggerMessage(4, LogLevel.Error, "Fetching file {FileId} version {VersionId} ended in an unexpected error.")]
    public static partial void FetchBug(ILogger logger, Exception exception, string fileId, string versionId);

    [LoggerMessage(5, LogLevel.Debug, "Reading file {FileId} version {VersionId} broke off: {Reason}")]
    public static partial void BrokeOff(ILogger logger, string fileId, string versionId, string reason);

    [LoggerMessage(6, LogLevel.Warning, "{RemotePath} could not be read: {Reason}")]
    public static partial void NotRead(ILogger logger, string remotePath, string reason);
}
