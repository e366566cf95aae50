using System.Globalization;
using System.Text.RegularExpressions;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.Tree;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ImageKitFs.Core.Tests.Tree;

/// <summary>A tree over a scripted library, on a manual clock.</summary>
internal sealed class TreeFixture : IDisposable
{
    public static readonly DateTimeOffset Day = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    public TreeFixture(TreeOptions? options = null, Func<string, bool, string>? toLocal = null)
    {
        Tree = new DirectoryTree(Library, toLocal ?? Same, options ?? new TreeOptions(), Clock, NullLogger.Instance);
        Tree.Refreshed = (old, @new) => Refreshes.Add((old, @new));
    }

    public ScriptedLibrary Library { get; } = new();

    public TreeClock Clock { get; } = new();

    public DirectoryTree Tree { get; }

    public List<(Listing? Old, Listing New)> Refreshes { get; } = [];

    public static string Same(string remoteName, bool isFolder) => remoteName;

    /// <summary>The escape of the Names room, as far as these tests need it.</summary>
    public static string Decode(string remoteName, bool isFolder) =>
        Regex.Replace(remoteName, "_x00(?:20|5F)_", match => match.Value == "_x0020_" ? " " : "_", RegexOptions.None, TimeSpan.FromSeconds(1));

    public static string IdOf(int number) => number.ToString("x24", CultureInfo.InvariantCulture);

    public static LibraryRow File(int id, string name, string folder = "/", int version = 1, int minute = 0, long size = 10) => new()
    {
        Kind = RowKind.File,
        Id = IdOf(id),
        Name = name,
        Path = (folder == "/" ? "" : folder) + "/" + name,
        VersionId = version == 1 ? IdOf(id) : IdOf((version * 0x1000000) + id),
        VersionNumber = version,
        Size = size,
        CreatedAt = Day,
        UpdatedAt = Day.AddMinutes(minute),
    };

    public static LibraryRow Folder(int id, string name, string folder = "/", int minute = 0) => new()
    {
        Kind = RowKind.Folder,
        Id = IdOf(id),
        Name = name,
        Path = (folder == "/" ? "" : folder) + "/" + name,
        CreatedAt = Day,
        UpdatedAt = Day.AddMinutes(minute),
    };

    public static List<LibraryRow> Files(int count) => [.. Enumerable.Range(1, count).Select(i => File(i, $"f{i}.jpg"))];

    public static Listing Build(IEnumerable<LibraryRow> rows, Func<string, bool, string>? toLocal = null, Listing? previous = null, bool isManyPages = false)
    {
        Func<string, bool, string> map = toLocal ?? Same;
        return ListingBuilder.Build("/", 0, RowBlock.Of(rows.Select(row => RowDraft.From(row, map))), isManyPages, previous, map);
    }

    public static string[] Names(Listing listing) => [.. Enumerable.Range(0, listing.Count).Select(i => listing[i].Name)];

    public async Task<Listing> GetAsync(string folder = "/")
    {
        TreeResult result = await Tree.GetAsync(folder, CancellationToken.None);
        Assert.True(result.Ok);
        return result.Listing;
    }

    /// <summary>Ends the TTL by the clock.</summary>
    public void PassTtl() => Clock.Advance(TimeSpan.FromSeconds(61));

    public void Dispose() => Tree.Dispose();
}
