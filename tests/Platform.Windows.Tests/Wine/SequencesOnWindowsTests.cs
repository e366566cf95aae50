using Xunit;

namespace ImageKitFs.Platform.Windows.Tests.Wine;

/// <summary>The callback sequences once more, as a Windows program: engine, spool, journal and cache on Windows' own files, locks and paths.</summary>
[Collection(WineCollection.Name)]
public sealed class SequencesOnWindowsTests(WineFixture wine)
{
    [Theory]
    [InlineData(typeof(ProgramSequenceTests))]
    [InlineData(typeof(OfficeSaveTests))]
    [InlineData(typeof(DataTests))]
    [InlineData(typeof(ErrorTests))]
    [InlineData(typeof(FolderTests))]
    [InlineData(typeof(OpenAndRenameTests))]
    [InlineData(typeof(Win32ErrorTests))]
    public async Task Each_test_of_the_class_passes_on_windows_too(Type tests)
    {
        WineResult result = await wine.RunTestsAsync(tests.Name);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(
            PlainFacts.Of(tests).Select(test => Program.Passed + test.Name).Order(StringComparer.Ordinal),
            result.Output.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }
}
