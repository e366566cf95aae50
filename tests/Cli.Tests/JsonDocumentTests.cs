using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageKitFs.Cli.Commands;
using ImageKitFs.Cli.Diagnosis;
using ImageKitFs.Cli.Library;
using ImageKitFs.Cli.Profiles;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests;

/// <summary>docs/JSON.md names every field that commands print for programs, and none that they do not.</summary>
public sealed partial class JsonDocumentTests
{
    /// <summary>Values of fields, other commands and options that the text quotes as well.</summary>
    private static readonly HashSet<string> Values =
    [
        "file", "folder", "origin", "stored", "fetched", "copied", "moved", "removed", "made", "unchanged", "failed", "copy", "mkdir", "delete", "new", "changed", "Pending", "Completed",
        "keyring", "dpapi", "pass", "info", "warn", "fail", "cp", "mv", "get", "put", "login", "tag", "describe", "meta", "unfinished", "refused", "damaged", "missing", "journal-lost", "waiting", "local", "--json", "--url", "--delete", "profile:", "status", "url",
    ];

    public static TheoryData<string, Type[]> Sections => new()
    {
        { "ls", [typeof(ListedEntry)] },
        { "get, put, cp, mv, rm", [typeof(TransferLine)] },
        { "sync-dir", [typeof(SyncReport), typeof(SyncLine)] },
        { "info", [typeof(InfoView)] },
        { "search", [typeof(FoundView)] },
        { "tag, describe, meta", [typeof(TagsView), typeof(DescriptionView), typeof(MetaView)] },
        { "versions, restore", [typeof(VersionView)] },
        { "url", [typeof(UrlView)] },
        { "purge", [typeof(PurgeView)] },
        { "usage", [typeof(UsageView)] },
        { "profiles", [typeof(ProfileView)] },
        { "doctor", [typeof(DoctorReport), typeof(FindingView), typeof(DeliveryView)] },
        { "recover", [typeof(RecoverReport), typeof(RecoveredFile)] },
    };

    [Theory]
    [MemberData(nameof(Sections))]
    public void Every_field_is_documented_and_no_other(string heading, Type[] types)
    {
        string[] sections = Repository.ReadText("docs/JSON.md").Split("\n## ");
        string section = sections.Single(text => text.StartsWith(heading + "\n", StringComparison.Ordinal));
        HashSet<string> documented = [.. Quoted().Matches(section).Select(match => match.Groups["name"].Value)];
        string[] fields = [.. types.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)).Select(field => JsonNamingPolicy.CamelCase.ConvertName(field.Name))];

        Assert.Empty(fields.Except(documented));
        Assert.Empty(documented.Except(fields).Except(Values));
    }

    [Fact]
    public void Every_command_that_prints_for_programs_has_a_section()
    {
        string text = Repository.ReadText("docs/JSON.md");
        string[] documented = [.. Heading().Matches(text).SelectMany(match => match.Groups["names"].Value.Split(", ")), "status"];

        string[] printing = [.. CommandTree.Build([]).Subcommands.Where(command => command.Options.Any(option => option.Name == "--json")).Select(command => command.Name)];

        Assert.NotEmpty(printing);
        Assert.Empty(printing.Except(documented));
    }

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex("^## (?<names>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
