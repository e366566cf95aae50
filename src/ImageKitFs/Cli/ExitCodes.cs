using System.Runtime.Versioning;
using ImageKitFs.Core.Direct;
using ImageKitFs.Core.Engine;
using ImageKitFs.Platform.Linux;
using ImageKitFs.Platform.Windows;

namespace ImageKitFs.Cli;

/// <summary>From the causes that engine and platform know to exit statuses. Total: a new cause does not compile until it has a number.</summary>
internal static class ExitCodes
{
    public static ExitCode ToExitCode(this VolumeFailure failure) => failure switch
    {
        VolumeFailure.BadOptions => ExitCode.Usage,
        VolumeFailure.BadKey => ExitCode.BadKey,
        VolumeFailure.NoNetwork => ExitCode.NoNetwork,
        VolumeFailure.Service => ExitCode.ServiceFailed,
        VolumeFailure.CacheBusy => ExitCode.CacheBusy,
        VolumeFailure.CacheUnusable => ExitCode.CacheUnusable,
        VolumeFailure.NewerFormat => ExitCode.NewerFormat,
    };

    public static ExitCode ToExitCode(this LibraryFailure failure) => failure switch
    {
        LibraryFailure.NotInLibrary => ExitCode.Failed,
        LibraryFailure.Taken => ExitCode.Failed,
        LibraryFailure.NotStorable => ExitCode.Failed,
        LibraryFailure.BadKey => ExitCode.BadKey,
        LibraryFailure.NotAllowed => ExitCode.NotPermitted,
        LibraryFailure.NoNetwork => ExitCode.NoNetwork,
        LibraryFailure.Service => ExitCode.ServiceFailed,
        LibraryFailure.TooMuch => ExitCode.Failed,
    };

    [SupportedOSPlatform("windows")]
    public static ExitCode ToExitCode(this WinFspFailure failure) => failure switch
    {
        WinFspFailure.NotInstalled => ExitCode.NoWinFsp,
        WinFspFailure.Incomplete => ExitCode.WinFspIncomplete,
        WinFspFailure.WrongVersion => ExitCode.WinFspVersion,
        WinFspFailure.MountPointTaken => ExitCode.Busy,
        WinFspFailure.MountPointMissing => ExitCode.MountPointMissing,
        WinFspFailure.MountPointDenied => ExitCode.NotPermitted,
        WinFspFailure.Other => ExitCode.Failed,
    };

    [SupportedOSPlatform("linux")]
    public static ExitCode ToExitCode(this FuseMountFailure failure) => failure switch
    {
        FuseMountFailure.NoDevice => ExitCode.NoFuseDevice,
        FuseMountFailure.DeviceDenied => ExitCode.NotPermitted,
        FuseMountFailure.NoFusermount => ExitCode.NoFusermount,
        FuseMountFailure.MountPointMissing => ExitCode.MountPointMissing,
        FuseMountFailure.MountPointNotDirectory => ExitCode.MountPointMissing,
        FuseMountFailure.MountPointNotEmpty => ExitCode.MountPointNotEmpty,
        FuseMountFailure.MountPointDenied => ExitCode.NotPermitted,
        FuseMountFailure.AlreadyMounted => ExitCode.Busy,
        FuseMountFailure.Stale => ExitCode.StaleMount,
        FuseMountFailure.NotPermitted => ExitCode.NotPermitted,
        FuseMountFailure.AllowOtherRefused => ExitCode.NotPermitted,
        FuseMountFailure.KernelTooOld => ExitCode.Failed,
        FuseMountFailure.Other => ExitCode.Failed,
    };
}
