using Xunit;

namespace ImageKitFs.Platform.Windows.Tests.Wine;

/// <summary>One Wine for all; its programs run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class WineCollection : ICollectionFixture<WineFixture>
{
    public const string Name = "Wine";
}
