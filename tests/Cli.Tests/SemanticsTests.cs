using System.Text.RegularExpressions;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests;

/// <summary>docs/SEMANTICS.md says what is promised; a promise that no test checks is a wish.</summary>
public sealed partial class SemanticsTests
{
    [Fact]
    public void Every_test_that_a_promise_cites_exists()
    {
        Dictionary<string, string> sources = TestSources();
        List<string> missing = [];
        int cited = 0;
        foreach (Match match in Citation().Matches(Repository.ReadText("docs/SEMANTICS.md")))
        {
            cited++;
            string name = match.Groups["class"].Value;
            bool exists = sources.TryGetValue(name, out string? text) && Regex.IsMatch(text, $@"\b{Regex.Escape(match.Groups["method"].Value)}\(");
            if (!exists)
                missing.Add(match.Value);
        }

        Assert.Empty(missing);
        Assert.True(cited >= 20, $"only {cited} promises cite a test");
    }

    [Fact]
    public void Every_promise_cites_a_test()
    {
        string[] promises = Promise().Split(Repository.ReadText("docs/SEMANTICS.md"));

        Assert.True(promises.Length > 20);
        Assert.All(promises.Skip(1), promise => Assert.Matches(Citation(), promise));
    }

    private static Dictionary<string, string> TestSources()
    {
        Dictionary<string, string> sources = [];
        foreach (string file in Repository.Files("tests", "*.cs"))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            sources[name] = sources.GetValueOrDefault(name) + File.ReadAllText(file);
        }

        return sources;
    }

    [GeneratedRegex(@"(?<class>[A-Z]\w+Tests)\.(?<method>[A-Z]\w+)")]
    private static partial Regex Citation();

    [GeneratedRegex(@"^\d+\. ", RegexOptions.Multiline)]
    private static partial Regex Promise();
}
