using System.Text;
using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Platform.Windows;

/// <summary>What Windows shows of the volume.</summary>
/// <param name="TotalBytes">Size of the volume.</param>
/// <param name="FreeBytes">What is free; never more than the size. Explorer refuses a copy that is larger.</param>
/// <param name="Label">At most 32 UTF-16 units.</param>
internal readonly record struct VolumeFacts(ulong TotalBytes, ulong FreeBytes, string Label);

/// <summary>From the port's statistics to <see cref="VolumeFacts"/>.</summary>
internal static class VolumeInfoMap
{
    /// <summary>Units of VolumeLabel in FSP_FSCTL_VOLUME_INFO.</summary>
    internal const int MaxLabelUnits = 32;

    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;

    internal static VolumeFacts From(in VolumeStats stats, string label)
    {
        ulong total = (ulong)Math.Max(stats.TotalBytes, 0);
        return new VolumeFacts(total, Math.Min((ulong)Math.Max(stats.FreeBytes, 0), total), Cut(label));
    }

    /// <summary>The serial number of an account's volume: the same at every mount, not 0. FNV-1a, since it must never change with the runtime.</summary>
    internal static uint SerialNumberOf(string account)
    {
        uint hash = FnvOffset;
        foreach (byte unit in Encoding.UTF8.GetBytes(account))
            hash = unchecked((hash ^ unit) * FnvPrime);
        return hash == 0 ? FnvOffset : hash;
    }

    private static string Cut(string label)
    {
        if (label.Length <= MaxLabelUnits)
            return label;
        return label[..(char.IsHighSurrogate(label[MaxLabelUnits - 1]) ? MaxLabelUnits - 1 : MaxLabelUnits)];
    }
}
