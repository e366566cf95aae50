using System.Diagnostics;
using ImageKitFs.Cli.Tests.Support;

namespace ImageKitFs.Cli.Tests.Library;

/// <summary>Ctrl-C, once and twice.</summary>
public sealed class InterruptTests
{
    private const string Never = "stall:600000";

    [Fact]
    public async Task A_put_that_is_interrupted_stores_nothing_more_and_goes_on_when_it_is_run_again()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("site/a.txt", "a");
        sandbox.Write("site/b.txt", "b");
        await sandbox.SetFaultsAsync($"upload*2={Never}");
        Process put = sandbox.Start(Sandbox.Executable, "put", "site");
        await sandbox.WaitForRequestAsync("upload");

        LibraryFixture.Interrupt(put);
        int status = await Sandbox.EndAsync(put);
        string error = await put.StandardError.ReadToEndAsync();
        await sandbox.SetFaultsAsync("");
        string[] again = await sandbox.DoAsync("put", "site");

        Assert.Equal((int)ExitCode.Interrupted, status);
        Assert.Equal("imagekitfs: stopped before everything was done\n", error);
        Assert.Equal(["Stored /site/a.txt", "Stored /site/b.txt"], again);
    }

    [Fact]
    public async Task A_get_that_is_interrupted_leaves_what_was_there_and_no_temporary()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("a.txt", "library's");
        await sandbox.DoAsync("put", "a.txt");
        sandbox.Write("a.txt", "mine");
        await sandbox.SetFaultsAsync($"delivery={Never}");
        Process get = sandbox.Start(Sandbox.Executable, "get", "/a.txt", "a.txt");
        await sandbox.WaitForRequestAsync("delivery");

        LibraryFixture.Interrupt(get);
        int status = await Sandbox.EndAsync(get);

        Assert.Equal((int)ExitCode.Interrupted, status);
        Assert.Equal("mine", await File.ReadAllTextAsync(sandbox.Path("a.txt")));
        Assert.Empty(Directory.EnumerateFiles(sandbox.Root, ".imagekitfs*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_reader_that_stopped_reading_does_not_hold_up_ctrl_c()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync();
        sandbox.Write("large.bin", LibraryFixture.Bytes(1, 2_000_000));
        await sandbox.DoAsync("put", "large.bin");
        await sandbox.TakeRequestsAsync();
        Process cat = sandbox.Start(Sandbox.Executable, "cat", "/large.bin");
        await sandbox.WaitForRequestAsync("delivery");

        LibraryFixture.Interrupt(cat);
        int status = await Sandbox.EndAsync(cat);

        Assert.Equal((int)ExitCode.Interrupted, status);
    }

    [Fact]
    public async Task The_second_one_ends_at_once_what_the_first_one_still_tidies_up()
    {
        await using Sandbox sandbox = new();
        await sandbox.StartEmulatorAsync("--sample");
        await sandbox.TakeRequestsAsync();
        await sandbox.SetFaultsAsync($"rename={Never}\nfolder-delete={Never}");
        Process copy = sandbox.Start(Sandbox.Executable, "cp", "/readme.txt", "/second.txt");
        await sandbox.WaitForRequestAsync("rename");

        LibraryFixture.Interrupt(copy);
        await sandbox.WaitForRequestAsync("folder-delete");
        Assert.False(copy.HasExited);
        LibraryFixture.Interrupt(copy);
        int status = await Sandbox.EndAsync(copy);

        Assert.Equal((int)ExitCode.Interrupted, status);
    }
}
