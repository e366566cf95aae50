using ImageKitFs.Cli.Mounting;

namespace ImageKitFs.Cli.Tests.Mounting;

public sealed class MountPointsTests
{
    [Fact]
    public void Links_on_the_way_are_resolved_as_the_kernel_does()
    {
        string root = Directory.CreateTempSubdirectory().FullName;
        Directory.CreateDirectory(Path.Combine(root, "real/inner"));
        Directory.CreateSymbolicLink(Path.Combine(root, "absolute"), Path.Combine(root, "real"));
        Directory.CreateSymbolicLink(Path.Combine(root, "relative"), "./absolute/../real");

        string viaBoth = MountPoints.Canonical(Path.Combine(root, "relative/inner/"));

        Assert.Equal(Path.Combine(MountPoints.Canonical(root), "real/inner"), viaBoth);
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public void A_loop_of_links_ends()
    {
        string root = Directory.CreateTempSubdirectory().FullName;
        File.CreateSymbolicLink(Path.Combine(root, "a"), "b");
        File.CreateSymbolicLink(Path.Combine(root, "b"), "a");

        Assert.StartsWith("/", MountPoints.Canonical(Path.Combine(root, "a")), StringComparison.Ordinal);
        Directory.Delete(root, recursive: true);
    }

    [Theory]
    [InlineData("x:", "X:")]
    [InlineData(@"Q:\", "Q:")]
    [InlineData("q:/", "Q:")]
    [InlineData("*", "*")]
    public void A_drive_is_its_letter_whatever_folder_is_current_there(string asked, string expected) =>
        Assert.Equal(expected, MountPoints.OnWindows(asked));
}
