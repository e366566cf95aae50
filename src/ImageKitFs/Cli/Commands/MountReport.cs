using System.Text.Json.Serialization;
using ImageKitFs.Core.Engine;

namespace ImageKitFs.Cli.Commands;

/// <summary>How a mount answers.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MountState>))]
internal enum MountState
{
    /// <summary>It answers.</summary>
    [JsonStringEnumMemberName("mounted")]
    Mounted,

    /// <summary>Its process is gone; the folder gives "Transport endpoint is not connected".</summary>
    [JsonStringEnumMemberName("stale")]
    Stale,

    /// <summary>It belongs to another user, who did not let others in.</summary>
    [JsonStringEnumMemberName("not-readable")]
    NotReadable,

    /// <summary>No answer within a few seconds.</summary>
    [JsonStringEnumMemberName("not-answering")]
    NotAnswering,
}

/// <summary>One row of `status`.</summary>
internal sealed record MountReport(string MountPoint, MountState State, VolumeStatus? Status);
