using System.Reflection;
using Xunit;

namespace ImageKitFs.Platform.Windows.Tests.Wine;

/// <summary>The callback sequences once more, as a Windows program: engine, spool, journal and cache on Windows' own files, locks and paths.</summary>
[Collection(WineCollection.Name)]
public sealed class SequencesOnWindowsTests(WineFixture wine)
{
    private static readonly Type[] Classes =
        [typeof(ProgramSequenceTests), typeof(DataTests), typeof(ErrorTests), typeof(FolderTests), typeof(OpenAndRenameTests)];

    public static TheoryData<string> Sequences => new(
        Classes.SelectMany(type => type.GetMethods().Where(method => method.GetCustomAttribute<FactAttribute>() is { } fact && fact.GetType() == typeof(FactAttribute))
            .Select(method => $"{type.Name}.{method.Name}")));

    [Theory]
    [MemberData(nameof(Sequences))]
    public async Task Holds_on_windows_too(string test)
    {
        WineResult result = await wine.RunTestAsync(test);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal("passed", result.Output.Trim());
    }
}
