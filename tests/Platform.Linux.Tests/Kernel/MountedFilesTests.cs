using System.Security.Cryptography;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Platform.Linux.Tests.Support;
using Xunit;

namespace ImageKitFs.Platform.Linux.Tests.Kernel;

/// <summary>Ordinary programs on a real mount.</summary>
[Collection("kernel")]
public sealed class MountedFilesTests
{
    [SkippableFact]
    public async Task Coreutils_work()
    {
        await using TestMount mount = await TestMount.StartAsync();

        Assert.Equal("hello", await mount.RunAsync("mkdir -p a/b && echo hello > a/b/f && cp a/b/f a/g && mv a/g h && cat h"));
        Assert.Equal("a\na/b\na/b/f\nh", await mount.RunAsync("find . -mindepth 1 | sed 's,^./,,' | sort"));
        Assert.Equal("3", await mount.RunAsync("head -c 3 h | wc -c"));
        Assert.Equal("2001-02-03 04:05:06.000000000 +0000 600", await mount.RunAsync("touch -d '2001-02-03 04:05:06Z' h && chmod 600 h && TZ=UTC stat -c '%y %a' h"));
        Assert.Equal("1500000000", await mount.RunAsync("stat -c %W h"));
        Assert.Equal("hello\nmore", await mount.RunAsync("echo more >> a/b/f && cat a/b/f"));
        Assert.Equal("hel", await mount.RunAsync("truncate -s 3 a/b/f && cat a/b/f"));
        Assert.Equal("same", await mount.RunAsync("cp -a a copy && diff -r a copy && tar cf t.tar a && tar tf t.tar > /dev/null && echo same"));
        Assert.Equal("0", await mount.RunAsync("rm -r a copy t.tar h && ls -A | wc -l"));
        Assert.Equal("1T", await mount.RunAsync("df -h --output=size . | tail -1 | tr -d ' ' | sed 's/[.]0//'"));
    }

    [SkippableFact]
    public async Task What_the_library_cannot_hold_is_refused_with_the_errno_that_programs_know()
    {
        await using TestMount mount = await TestMount.StartAsync();
        await mount.RunAsync("mkdir d && touch d/f");

        Assert.Contains("Operation not permitted", (await mount.TryAsync("ln -s x y")).Error, StringComparison.Ordinal);
        Assert.Contains("Operation not permitted", (await mount.TryAsync("mkfifo p")).Error, StringComparison.Ordinal);
        Assert.Contains("Operation not permitted", (await mount.TryAsync("ln d/f hard")).Error, StringComparison.Ordinal);
        Assert.Contains("Directory not empty", (await mount.TryAsync("rmdir d")).Error, StringComparison.Ordinal);
        Assert.Contains("File name too long", (await mount.TryAsync($"touch {new string('n', 256)}")).Error, StringComparison.Ordinal);
        Assert.Contains("No such file", (await mount.TryAsync("cat none")).Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_file_of_three_megabytes_survives_random_access()
    {
        await using TestMount mount = await TestMount.StartAsync();
        byte[] content = new byte[3_000_001];
        new Random(7).NextBytes(content);

        await File.WriteAllBytesAsync(mount.At("big"), content);
        await using (FileStream stream = new(mount.At("big"), FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Position = 1_234_567;
            stream.Write([1, 2, 3]);
            stream.SetLength(2_500_000);
        }

        byte[] expected = content[..2_500_000];
        new byte[] { 1, 2, 3 }.CopyTo(expected, 1_234_567);
        Assert.Equal(SHA256.HashData(expected), SHA256.HashData(mount.Files.Get("big")));
        Assert.Equal(SHA256.HashData(expected), SHA256.HashData(await File.ReadAllBytesAsync(mount.At("big"))));
    }

    [SkippableFact]
    public async Task Direct_files_are_read_in_whole_requests_and_may_be_mapped()
    {
        MemoryFileSystem files = new() { Pages = PagePolicy.Direct };
        byte[] content = new byte[2 << 20];
        new Random(8).NextBytes(content);
        files.Put("direct", content);
        await using TestMount mount = await TestMount.StartAsync(files);

        string sum = Convert.ToHexStringLower(SHA256.HashData(content));
        Assert.StartsWith(sum, await mount.RunAsync("dd if=direct bs=1M status=none | sha256sum"), StringComparison.Ordinal);
        Skip.If((await Shell.TryAsync("python3 -c 'import mmap'")).ExitCode != 0, "no python3");
        Assert.Equal(sum, await mount.RunAsync(
            "python3 -c 'import mmap,hashlib;f=open(\"direct\",\"rb\");m=mmap.mmap(f.fileno(),0,prot=mmap.PROT_READ);print(hashlib.sha256(m).hexdigest())'"));
    }

    [SkippableFact]
    public async Task Stores_through_a_mapping_arrive_also_after_close()
    {
        await using TestMount mount = await TestMount.StartAsync();
        Skip.If((await Shell.TryAsync("python3 -c 'import mmap'")).ExitCode != 0, "no python3");
        mount.Files.Put("m", new byte[8192]);

        await mount.RunAsync(
            "python3 -c 'import mmap,os;f=os.open(\"m\",os.O_RDWR);m=mmap.mmap(f,0);os.close(f);m[5000:5003]=b\"abc\";m.close()'");

        Assert.True(SpinWait.SpinUntil(() => mount.Files.Get("m").AsSpan(5000, 3).SequenceEqual("abc"u8), TimeSpan.FromSeconds(20)));
    }

    [SkippableFact]
    public async Task Saving_by_rename_replaces_the_file_and_keeps_the_time()
    {
        await using TestMount mount = await TestMount.StartAsync();
        await File.WriteAllTextAsync(mount.At("page.html"), "old");

        DateTime time = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        await using (FileStream temporary = new(mount.At(".page.html.Xy12ab"), FileMode.CreateNew))
            temporary.Write("new"u8);
        File.SetLastWriteTimeUtc(mount.At(".page.html.Xy12ab"), time);
        File.Move(mount.At(".page.html.Xy12ab"), mount.At("page.html"), overwrite: true);

        Assert.Equal("new", await File.ReadAllTextAsync(mount.At("page.html")));
        Assert.Equal(time, File.GetLastWriteTimeUtc(mount.At("page.html")));
        Assert.Equal([mount.At("page.html")], Directory.GetFileSystemEntries(mount.Folder));
        Assert.Equal("new", await mount.RunAsync("echo other > b; mv -n b page.html || true; cat page.html"));
    }

    [SkippableFact]
    public async Task The_error_of_a_commit_reaches_close()
    {
        await using TestMount mount = await TestMount.StartAsync();
        mount.Files.FlushResult = FsError.NoSpace;

        ShellResult result = await mount.TryAsync("echo x | dd of=f status=none");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("No space left on device", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_folder_of_five_thousand_is_listed_once_each_and_forgotten_when_deleted()
    {
        await using TestMount mount = await TestMount.StartAsync();
        for (int i = 0; i < 5000; i++)
            mount.Files.Put($"entry-{i:D4}", []);

        Assert.Equal("5000", await mount.RunAsync("ls -l | grep -c entry"));
        Assert.Equal("5000", await mount.RunAsync("ls | sort -u | wc -l"));
        Assert.NotEqual(0, mount.Files.TotalLookups());
        await mount.RunAsync("rm entry-*");

        Assert.True(SpinWait.SpinUntil(() => mount.Files.TotalLookups() == 0, TimeSpan.FromSeconds(20)));
        Assert.True(SpinWait.SpinUntil(() => mount.Files.OpenHandles == 0, TimeSpan.FromSeconds(20)));
    }

    [SkippableFact]
    public async Task Extended_attributes_work_and_the_kernels_own_never_reach_the_port()
    {
        await using TestMount mount = await TestMount.StartAsync();
        Skip.If((await Shell.TryAsync("python3 -c 'import os'")).ExitCode != 0, "no python3");
        await mount.RunAsync("echo x > f");
        int calls = mount.Files.XattrCalls;

        Assert.Equal("b'v1' ['user.tag']", await mount.RunAsync(
            "python3 -c 'import os;os.setxattr(\"f\",\"user.tag\",b\"v1\");print(os.getxattr(\"f\",\"user.tag\"),os.listxattr(\"f\"))'"));
        Assert.InRange(mount.Files.XattrCalls, calls + 1, calls + 2);
        await mount.RunAsync("echo more >> f && ls -l > /dev/null");
        Assert.InRange(mount.Files.XattrCalls, calls + 1, calls + 2);
    }

    [SkippableFact]
    public async Task A_read_only_mount_refuses_changes_in_the_kernel()
    {
        MemoryFileSystem files = new();
        files.Put("f", "x"u8.ToArray());
        await using TestMount mount = await TestMount.StartAsync(files, readOnly: true);

        Assert.Contains("Read-only file system", (await mount.TryAsync("echo y > f")).Error, StringComparison.Ordinal);
        Assert.Equal("x", await mount.RunAsync("cat f"));
    }
}
