using System.Text.Json.Serialization;
using ImageKitFs.Cli.Commands;
using ImageKitFs.Cli.Diagnosis;
using ImageKitFs.Cli.Library;
using ImageKitFs.Cli.Mounting;
using ImageKitFs.Cli.Profiles;
using ImageKitFs.Core.Engine;

namespace ImageKitFs.Cli;

/// <summary>Source-generated, so that trimming keeps what is read and written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(VolumeStatus))]
[JsonSerializable(typeof(ExitRecord))]
[JsonSerializable(typeof(Profile))]
[JsonSerializable(typeof(IReadOnlyList<ProfileView>))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(MountRecord))]
[JsonSerializable(typeof(MountNote))]
[JsonSerializable(typeof(RecoverReport))]
[JsonSerializable(typeof(IReadOnlyList<MountReport>))]
[JsonSerializable(typeof(InfoView))]
[JsonSerializable(typeof(IReadOnlyList<FoundView>))]
[JsonSerializable(typeof(IReadOnlyList<TagsView>))]
[JsonSerializable(typeof(DescriptionView))]
[JsonSerializable(typeof(MetaView))]
[JsonSerializable(typeof(IReadOnlyList<VersionView>))]
[JsonSerializable(typeof(UrlView))]
[JsonSerializable(typeof(PurgeView))]
[JsonSerializable(typeof(UsageView))]
[JsonSerializable(typeof(IReadOnlyList<ListedEntry>))]
[JsonSerializable(typeof(SyncReport))]
internal sealed partial class CliJson : JsonSerializerContext;

/// <summary>The same on one line each.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = false)]
[JsonSerializable(typeof(IReadOnlyList<MountReport>))]
internal sealed partial class CliJsonLines : JsonSerializerContext;
