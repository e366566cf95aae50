using System.Runtime.InteropServices;

namespace ImageKitFs.Platform.Linux;

/// <summary>The sentences of mount failures, each saying what to do.</summary>
internal static class FuseFailures
{
    internal static FuseMountException NoDevice() => new(
        FuseMountFailure.NoDevice, "There is no /dev/fuse: run 'modprobe fuse', or start the container with --device /dev/fuse --cap-add SYS_ADMIN.");

    internal static FuseMountException DeviceDenied() => new(
        FuseMountFailure.DeviceDenied, "/dev/fuse may not be opened: its mode is normally 0666; ask root for 'chmod 0666 /dev/fuse'.");

    internal static FuseMountException NoFusermount() => new(
        FuseMountFailure.NoFusermount, "Mounting as a user needs fusermount3: install the package fuse3, or mount as root.");

    internal static FuseMountException MountPointMissing(string path) => new(
        FuseMountFailure.MountPointMissing, $"{path} does not exist: create it first.");

    internal static FuseMountException MountPointNotDirectory(string path) => new(
        FuseMountFailure.MountPointNotDirectory, $"{path} is not a folder.");

    internal static FuseMountException MountPointNotEmpty(string path) => new(
        FuseMountFailure.MountPointNotEmpty, $"{path} is not empty, and mounting would hide what is in it: choose an empty folder, or mount with the option nonempty.");

    internal static FuseMountException MountPointDenied(string path) => new(
        FuseMountFailure.MountPointDenied, $"You may not mount on {path}: choose a folder that you own.");

    internal static FuseMountException AlreadyMounted(string path) => new(
        FuseMountFailure.AlreadyMounted, $"{path} is already mounted: unmount it first with 'imagekitfs umount {path}'.");

    internal static FuseMountException Stale(string path, string reason) => new(
        FuseMountFailure.Stale, $"{path} has a dead mount that could not be removed ({reason}): run 'umount -l {path}' as root.");

    internal static FuseMountException NotPermitted() => new(
        FuseMountFailure.NotPermitted, "Mounting is not permitted here: a container needs --cap-add SYS_ADMIN.");

    internal static FuseMountException FromErrno(string operation, int errno) => new(
        FuseMountFailure.Other, $"{operation} failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}).");
}
