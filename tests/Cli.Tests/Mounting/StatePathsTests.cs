using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Tests.Mounting;

public sealed class StatePathsTests
{
    [Theory]
    [InlineData("/mnt/a-b", "/mnt/a/b")]
    [InlineData("/mnt/a-/b", "/mnt/a/-b")]
    [InlineData("/mnt/a%2Db", "/mnt/a-b")]
    public void Two_mount_points_never_share_a_log(string one, string other) =>
        Assert.NotEqual(StatePaths.DefaultLog(_ => "/x", one), StatePaths.DefaultLog(_ => "/x", other));

    [Fact]
    public void A_relative_state_home_counts_as_unset() =>
        Assert.Equal("/home/u/.local/state/imagekitfs", StatePaths.Root(name => name == "HOME" ? "/home/u" : "relative"));
}
