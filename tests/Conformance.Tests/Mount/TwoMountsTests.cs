using ImageKitFs.Tests.Support.Mounting;

namespace ImageKitFs.Conformance.Tests.Mount;

/// <summary>Two machines with one library.</summary>
public sealed class TwoMountsTests
{
    [SkippableFact]
    public async Task What_one_does_the_other_sees_within_the_listing_time()
    {
        Kernel.Require();
        await using MountedLibrary one = await MountedLibrary.StartAsync(options: ["--dir-ttl", "1s"]);
        await using MountedLibrary two = await MountedLibrary.StartAsync(share: one.Emulator, options: ["--dir-ttl", "1s"]);
        (await two.RunAsync("ls -la .")).Ended();

        (await one.RunAsync("mkdir d; echo from one >d/f; echo g >d/g")).Ended();
        await SeesAsync(two, "cat d/f 2>/dev/null", "from one");
        (await two.RunAsync("echo from two >d/f; mv d/g d/h; echo n >d/n")).Ended();
        await SeesAsync(one, "cat d/f; ls d", "from two\nf\nh\nn");
        (await one.RunAsync("rm -r d")).Ended();
        await SeesAsync(two, "ls", "");
    }

    [SkippableFact]
    public async Task Both_change_one_file_and_both_versions_are_kept()
    {
        Kernel.Require();
        await using MountedLibrary one = await MountedLibrary.StartAsync(options: ["--dir-ttl", "10m"]);
        (await one.RunAsync("echo base >f")).Ended();
        await using MountedLibrary two = await MountedLibrary.StartAsync(share: one.Emulator, options: ["--dir-ttl", "10m"]);
        (await two.RunAsync("cat f")).Ended();

        (await one.RunAsync("echo ours >f")).Ended();
        (await two.RunAsync("echo theirs >f")).Ended();

        string[] contents =
        [
            .. one.Emulator.Store.List().Where(entry => !entry.IsFolder)
                .SelectMany(entry => one.Emulator.Store.VersionsOf(entry.Path).Where(version => version.IsCurrent))
                .Select(version => System.Text.Encoding.UTF8.GetString(version.Content)).Order(StringComparer.Ordinal),
        ];
        Assert.Equal(["ours\n", "theirs\n"], contents);
    }

    /// <summary>Asks until the answer is right; a minute is a failure, not patience.</summary>
    private static async Task SeesAsync(MountedLibrary library, string script, string expected) =>
        (await library.RunAsync($"""
            for i in $(seq 600); do
                seen=$({script}) || true
                [ "$seen" = $'{expected.Replace("\n", "\\n", StringComparison.Ordinal)}' ] && exit 0
                sleep 0.1
            done
            echo "$seen"; exit 1
            """)).Ended();
}
