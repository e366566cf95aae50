using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Tree;

internal static partial class TreeLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The service listed {Path} in {Folder}, where it does not belong; such rows are not shown. Said once.")]
    public static partial void ForeignRow(ILogger logger, string path, string folder);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Folder} kept changing while it was listed; its {Pages} pages were read one after the other.")]
    public static partial void ReadInTurn(ILogger logger, string folder, int pages);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Folder} could not be listed, the listing known before is shown: {Error}")]
    public static partial void ShownStale(ILogger logger, string folder, Api.ApiError error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Folder} could not be listed: {Error}")]
    public static partial void NotListed(ILogger logger, string folder, Api.ApiError error);

    [LoggerMessage(Level = LogLevel.Information, Message = "The whole library was listed, {Rows} rows: cheaper than the folders that a program walks through.")]
    public static partial void ListedWhole(ILogger logger, int rows);

    [LoggerMessage(Level = LogLevel.Information, Message = "The library could not be listed whole ({Why}); its folders are listed one by one.")]
    public static partial void NotListedWhole(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Folder} could not be listed ahead of a walk.")]
    public static partial void NotListedAhead(ILogger logger, string folder, Exception bug);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The listings kept in {File} cannot be used and are begun anew: {Why}")]
    public static partial void StoreBroken(ILogger logger, string file, string why);
}
