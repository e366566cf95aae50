using ImageKitFs.Platform.Linux.Protocol;

namespace ImageKitFs.Platform.Linux;

/// <summary>What came of INIT.</summary>
internal enum NegotiationOutcome
{
    /// <summary>Agreed.</summary>
    Agreed,

    /// <summary>The kernel speaks a newer major version; it sends INIT again after seeing ours.</summary>
    AskAgain,

    /// <summary>The kernel is older than what we can speak.</summary>
    TooOld,
}

/// <summary>Agrees on version and features with the kernel.</summary>
internal readonly record struct FuseNegotiation(NegotiationOutcome Outcome, FuseInitOut Reply, FuseInitFlags Features)
{
    internal const uint Major = 7;

    /// <summary>7.45: the newest protocol whose structs we have read.</summary>
    internal const uint NewestMinor = 45;

    /// <summary>7.23 (Linux 3.15): from there on the reply to INIT is 64 bytes and nothing else differs in length.</summary>
    internal const uint OldestMinor = 23;

    /// <summary>1 MiB: 256 pages of 4 KiB, the kernel's default ceiling for one request.</summary>
    internal const uint MaxWrite = 1 << 20;

    /// <summary>128 KiB: 32 pages, all that a kernel without MAX_PAGES sends.</summary>
    private const uint MaxWriteWithoutMaxPages = 128 << 10;

    private const uint MaxReadahead = 1 << 20;

    /// <summary>64 (the kernel's default is 12): readahead and asynchronous reads queue here, and each may be a range fetched in parallel.</summary>
    private const ushort MaxBackground = 64;

    /// <summary>Three quarters of it, as the kernel does by default.</summary>
    private const ushort CongestionThreshold = 48;

    private const int HighHalf = 32;

    /// <summary>Without WRITEBACK_CACHE (the kernel would own size and mtime), POSIX_ACL and locks; decided in fuse.md 3.1.</summary>
    private const FuseInitFlags Wanted =
        FuseInitFlags.AsyncRead | FuseInitFlags.AtomicOTrunc | FuseInitFlags.BigWrites | FuseInitFlags.AutoInvalData
        | FuseInitFlags.DoReadDirPlus | FuseInitFlags.ReadDirPlusAuto | FuseInitFlags.AsyncDio | FuseInitFlags.ParallelDirOps
        | FuseInitFlags.AbortError | FuseInitFlags.MaxPages | FuseInitFlags.HandleKillPrivV2 | FuseInitFlags.InitExt
        | FuseInitFlags.HasExpireOnly | FuseInitFlags.DirectIoAllowMmap | FuseInitFlags.NoExportSupport;

    /// <summary>Answers the kernel's offer with what both sides can do.</summary>
    internal static FuseNegotiation Answer(in FuseInitIn offer)
    {
        if (offer.Major > Major)
            return new FuseNegotiation(NegotiationOutcome.AskAgain, new FuseInitOut { Major = Major, Minor = NewestMinor }, FuseInitFlags.None);
        if (offer.Major < Major || offer.Minor < OldestMinor)
            return new FuseNegotiation(NegotiationOutcome.TooOld, default, FuseInitFlags.None);

        FuseInitFlags offered = (FuseInitFlags)offer.Flags;
        if (offered.HasFlag(FuseInitFlags.InitExt))
            offered |= (FuseInitFlags)((ulong)offer.Flags2 << HighHalf);
        FuseInitFlags features = offered & Wanted;
        bool hasMaxPages = features.HasFlag(FuseInitFlags.MaxPages);
        uint maxWrite = hasMaxPages ? MaxWrite : MaxWriteWithoutMaxPages;

        return new FuseNegotiation(NegotiationOutcome.Agreed, new FuseInitOut
        {
            Major = Major,
            Minor = Math.Min(offer.Minor, NewestMinor),
            MaxReadahead = Math.Min(offer.MaxReadahead, MaxReadahead),
            Flags = (uint)features,
            Flags2 = (uint)((ulong)features >> HighHalf),
            MaxBackground = MaxBackground,
            CongestionThreshold = CongestionThreshold,
            MaxWrite = maxWrite,
            MaxPages = (ushort)(hasMaxPages ? Math.Max(maxWrite / (uint)Environment.SystemPageSize, 1) : 0),
            TimeGranularity = 1,
        }, features);
    }
}
