using ImageKitFs.Core.Config;
using ImageKitFs.Core.Engine;
using ImageKitFs.Core.FileSystem;
using ImageKitFs.Core.Renditions;
using ImageKitFs.Core.Tests.Renditions;
using ImageKitFs.Emulator;
using ImageKitFs.Tests.Support;
using Xunit;

namespace ImageKitFs.Core.Tests.Engine;

/// <summary>What the service makes of files, as files: .sh_thumbnails in every folder, and .imagekit/tr.</summary>
public sealed class RenditionViewTests
{
    private static readonly byte[] Wide = SamplePictures.Png(600, 300);
    private static readonly byte[] Video = [0, 0, 0, 24, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'i', (byte)'s', (byte)'o', (byte)'m', 1, 2, 3];

    private static Task<TestVolume> StartAsync(Action<EmulatorServer> seed, Func<MountOptions, MountOptions>? configure = null) =>
        TestVolume.StartAsync(seed: seed, configure: configure);

    [Theory]
    [InlineData("normal", 128, 64)]
    [InlineData("large", 256, 128)]
    [InlineData("x-large", 512, 256)]
    [InlineData("xx-large", 600, 300)]
    public async Task Every_folder_has_thumbnails_of_its_pictures_that_say_whose_they_are_and_cost_no_byte_of_an_original(string size, int width, int height)
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/p/a b.png", Wide));
        Timestamp modified = (await volume.LookupAsync("/p/a b.png")).Attr.Modified;

        byte[] thumbnail = await volume.ReadAsync($"/p/.sh_thumbnails/{size}/{ThumbnailName.Of("a%20b.png")}");

        Assert.True(PngText.IsPng(thumbnail));
        Assert.Equal((width, height), SamplePictures.SizeOf(thumbnail));
        Assert.Equal(("a%20b.png", ThumbnailText.Exact(modified)), (PngText.Find(thumbnail, "Thumb::URI"), PngText.Find(thumbnail, "Thumb::MTime")));
        Assert.Contains('.', ThumbnailText.Exact(modified));
        Assert.Equal((0, 1), (volume.Emulator.Stats.OriginalBytes, volume.Emulator.Stats.Count("delivery")));
    }

    [Theory]
    [InlineData("a%20b.png")]
    [InlineData("./a%20b.png")]
    [InlineData("a b.png")]
    public async Task A_thumbnail_is_found_by_each_name_that_programs_hash(string uri)
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/a b.png", Wide));

        byte[] thumbnail = await volume.ReadAsync($"/.sh_thumbnails/normal/{ThumbnailName.Of(uri)}");

        Assert.Equal(uri, PngText.Find(thumbnail, "Thumb::URI"));
    }

    [Fact]
    public async Task Nothing_of_it_is_listed_and_nothing_can_be_written_to_it()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/p/a.png", Wide));
        string thumbnail = $"/p/.sh_thumbnails/normal/{ThumbnailName.Of("a.png")}";

        Assert.Equal(["a.png"], await volume.ListAsync("/p"));
        Assert.Equal(["large", "normal", "x-large", "xx-large"], await volume.ListAsync("/p/.sh_thumbnails"));
        Assert.Empty(await volume.ListAsync("/p/.sh_thumbnails/normal"));
        Assert.Equal(FsError.NotPermitted, await volume.UnlinkAsync(thumbnail));
        Assert.Equal(FsError.NotPermitted, await volume.RmdirAsync("/p/.sh_thumbnails"));
        Assert.Equal(FsError.NotPermitted, await volume.RmdirAsync("/p/.sh_thumbnails/normal"));
        Assert.Equal(FsError.NotPermitted, await volume.MkdirAsync("/p/.sh_thumbnails"));
        Assert.Equal(FsError.NotPermitted, await volume.MkdirAsync("/p/.sh_thumbnails/fail"));
        Assert.Equal(FsError.NotPermitted, await volume.RenameAsync(thumbnail, "/p/stolen.png"));
        Assert.Equal(FsError.NotPermitted, await volume.RenameAsync("/p/a.png", thumbnail));
        Assert.Equal(FsError.NotPermitted, await volume.RenameAsync("/p/.sh_thumbnails", "/p/other"));
        Assert.Equal(FsError.NotPermitted, (await Assert.ThrowsAsync<FsErrorException>(() => volume.OpenAsync(thumbnail, OpenMode.Write))).Error);
        Assert.Equal(FsError.NotPermitted, (await Assert.ThrowsAsync<FsErrorException>(() => volume.CreateAsync("/p/.sh_thumbnails/normal/x.png", []))).Error);
        InodeId inode = (await volume.LookupAsync(thumbnail)).Inode;
        Assert.Equal(FsError.NotPermitted, (await volume.FileSystem.SetAttrAsync(inode, HandleId.None, new AttrChange(Mode: 0b110_110_110), CancellationToken.None)).Error);
        Assert.Equal(0, volume.Emulator.Stats.Count("upload"));
    }

    [Fact]
    public async Task What_is_no_picture_or_not_in_the_library_has_none()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/text.txt", "text"u8));
        volume.Emulator.Faults.Replace("upload=status:400:No.");
        await volume.PutAsync("/pending.png", Wide);
        await volume.PutAsync("/empty.png", []);
        volume.Emulator.ResetStats();

        foreach (string name in (string[])["text.txt", "pending.png", "empty.png", "nobody.png"])
            Assert.Equal(FsError.NotFound, (await volume.TryLookupAsync($"/.sh_thumbnails/normal/{ThumbnailName.Of(name)}")).Error);

        Assert.Equal(FsError.NotFound, (await volume.TryLookupAsync("/.sh_thumbnails/huge")).Error);
        Assert.Equal(FsError.NotFound, (await volume.TryLookupAsync("/.sh_thumbnails/normal/a.png")).Error);
        Assert.Equal(0, volume.Emulator.Stats.Count("delivery"));
    }

    [Fact]
    public async Task A_picture_that_was_just_saved_has_one_and_the_next_save_another()
    {
        await using TestVolume volume = await StartAsync(_ => { });
        string thumbnail = $"/.sh_thumbnails/normal/{ThumbnailName.Of("a.png")}";
        await volume.PutAsync("/a.png", Wide);

        byte[] first = await volume.ReadAsync(thumbnail);
        TestFile open = await volume.OpenAsync(thumbnail);
        await volume.PutAsync("/a.png", SamplePictures.Png(300, 600));
        byte[] second = await volume.ReadAsync(thumbnail);
        byte[] stillOpen = await open.ReadAllAsync();
        await open.CloseAsync();

        Assert.Equal([(128, 64), (64, 128)], new[] { SamplePictures.SizeOf(first), SamplePictures.SizeOf(second) });
        Assert.Equal(first, stillOpen);
        Assert.Equal(ThumbnailText.Exact((await volume.LookupAsync("/a.png")).Attr.Modified), PngText.Find(second, "Thumb::MTime"));
    }

    [Fact]
    public async Task A_time_that_was_set_is_the_thumbnails_time_at_once_and_costs_no_request()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/a.png", Wide));
        string thumbnail = $"/.sh_thumbnails/normal/{ThumbnailName.Of("a.png")}";
        await volume.ReadAsync(thumbnail);
        volume.Emulator.ResetStats();
        InodeId inode = (await volume.LookupAsync("/a.png")).Inode;

        await volume.FileSystem.SetAttrAsync(inode, HandleId.None, new AttrChange(Modified: TimeChange.To(new Timestamp(1_600_000_000_500_000_000))), CancellationToken.None);

        Assert.Equal("1600000000.500000", PngText.Find(await volume.ReadAsync(thumbnail), "Thumb::MTime"));
        Assert.Equal(0, volume.Emulator.Stats.Count("delivery"));
    }

    [Fact]
    public async Task Thumbnails_are_kept_in_the_cache_across_a_remount_and_without_a_network()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/a.png", Wide));
        string thumbnail = $"/.sh_thumbnails/large/{ThumbnailName.Of("a.png")}";
        byte[] before = await volume.ReadAsync(thumbnail);

        await volume.RemountAsync();
        volume.Emulator.Faults.Replace("any=reset");
        byte[] after = await volume.ReadAsync(thumbnail);
        volume.Emulator.Faults.Clear();

        Assert.Equal(before, after);
    }

    [Fact]
    public async Task A_cached_thumbnail_that_rotted_is_fetched_again()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/a.png", Wide));
        string thumbnail = $"/.sh_thumbnails/large/{ThumbnailName.Of("a.png")}";
        byte[] before = await volume.ReadAsync(thumbnail);
        await volume.CloseAsync();
        foreach (string data in Directory.EnumerateFiles(volume.Options.CacheDirectory, "*.data", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(data);
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(data, bytes);
        }

        await volume.RemountAsync();

        Assert.Equal(before, await volume.ReadAsync(thumbnail));
        Assert.Equal(before, await volume.ReadAsync(thumbnail));
    }

    [Fact]
    public async Task A_service_that_makes_none_is_asked_once()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/a.png", Wide));
        volume.Emulator.Faults.Replace("delivery=status:400");
        string thumbnail = $"/.sh_thumbnails/normal/{ThumbnailName.Of("a.png")}";

        FsError first = (await volume.TryLookupAsync(thumbnail)).Error;
        long asked = volume.Emulator.Stats.Count("delivery");
        FsError second = (await volume.TryLookupAsync(thumbnail)).Error;

        Assert.Equal((FsError.NotFound, FsError.NotFound), (first, second));
        Assert.Equal(asked, volume.Emulator.Stats.Count("delivery"));
        Assert.Empty(volume.Volume.GetStatus().LastErrors);
    }

    [Fact]
    public async Task What_is_no_picture_in_the_reply_is_no_thumbnail()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/a.png", Wide));
        volume.Emulator.Faults.Replace("delivery=html:200");

        Assert.Equal(FsError.NotFound, (await volume.TryLookupAsync($"/.sh_thumbnails/normal/{ThumbnailName.Of("a.png")}")).Error);
    }

    [Fact]
    public async Task Videos_and_private_pictures_have_thumbnails_too()
    {
        await using TestVolume volume = await StartAsync(server =>
        {
            server.Store.Put("/clip.mp4", Video);
            server.Store.Put("/secret.png", Wide, new PutOptions(IsPrivate: true));
        });

        byte[] video = await volume.ReadAsync($"/.sh_thumbnails/normal/{ThumbnailName.Of("clip.mp4")}");
        byte[] secret = await volume.ReadAsync($"/.sh_thumbnails/normal/{ThumbnailName.Of("secret.png")}");

        Assert.Equal([(128, 72), (128, 64)], new[] { SamplePictures.SizeOf(video), SamplePictures.SizeOf(secret) });
        Assert.Equal(0, volume.Emulator.Stats.OriginalBytes);
    }

    [Fact]
    public async Task An_account_that_wants_every_url_signed_gets_it()
    {
        await using TestVolume volume = await TestVolume.StartAsync(
            new EmulatorOptions { RestrictUnnamedTransformations = true, RestrictUnsignedUrls = true }, seed: server => server.Store.Put("/a.png", Wide));

        Assert.Equal((128, 64), SamplePictures.SizeOf(await volume.ReadAsync($"/.sh_thumbnails/normal/{ThumbnailName.Of("a.png")}")));
    }

    [Fact]
    public async Task Asked_for_in_turn_the_next_ones_are_fetched_ahead_and_each_once()
    {
        const int files = 40;
        await using TestVolume volume = await StartAsync(server =>
        {
            for (int i = 0; i < files; i++)
                server.Store.Put($"/p/{i:D2}.png", Wide);
        });

        await volume.ReadAsync($"/p/.sh_thumbnails/normal/{ThumbnailName.Of("00.png")}");
        long afterOne = volume.Emulator.Stats.Count("delivery");
        for (int i = 1; i < files; i++)
            await volume.ReadAsync($"/p/.sh_thumbnails/normal/{ThumbnailName.Of($"{i:D2}.png")}");

        Assert.Equal(1, afterOne);
        Assert.Equal(files, volume.Emulator.Stats.Count("delivery"));
    }

    [Fact]
    public async Task A_cache_without_room_costs_the_keeping_only()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/a.png", Wide));
        await volume.CloseAsync();
        Directory.Delete(volume.Options.CacheDirectory, recursive: true);
        await volume.RemountAsync();
        Directory.Delete(Path.Combine(volume.Options.CacheDirectory, "renditions"), recursive: true);

        Assert.Equal((128, 64), SamplePictures.SizeOf(await volume.ReadAsync($"/.sh_thumbnails/normal/{ThumbnailName.Of("a.png")}")));
    }

    [Fact]
    public async Task A_real_folder_of_that_name_is_shown_instead()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/p/_x002E_sh_thumbnails/normal/own.png", Wide));

        Assert.Equal([".sh_thumbnails"], await volume.ListAsync("/p"));
        Assert.Equal(["own.png"], await volume.ListAsync("/p/.sh_thumbnails/normal"));
        Assert.Equal(Wide, await volume.ReadAsync("/p/.sh_thumbnails/normal/own.png"));
        Assert.Equal(FsError.NotEmpty, await volume.RmdirAsync("/p/.sh_thumbnails"));
        Assert.Equal(FsError.None, await volume.UnlinkAsync("/p/.sh_thumbnails/normal/own.png"));
    }

    [Fact]
    public async Task Switched_off_there_are_none()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/a.png", Wide), options => options with { SharedThumbnails = false });

        Assert.Equal(FsError.NotFound, (await volume.TryLookupAsync("/.sh_thumbnails")).Error);
    }

    [Fact]
    public async Task Below_tr_every_file_is_what_a_transformation_makes_of_it()
    {
        await using TestVolume volume = await StartAsync(server =>
        {
            server.Store.Put("/p/a.png", Wide);
            server.Store.Put("/p/sub/b.png", Wide);
        });

        byte[] half = await volume.ReadAsync("/.imagekit/tr/w-300/p/a.png");
        byte[] cropped = await volume.ReadAsync("/.imagekit/tr/w-300:h-100,f-png/p/sub/b.png");
        List<string> listed = await volume.ListAsync("/.imagekit/tr/w-300/p");

        Assert.Equal([(300, 150), (200, 100)], new[] { SamplePictures.SizeOf(half), SamplePictures.SizeOf(cropped) });
        Assert.Null(PngText.Find(half, "Thumb::URI"));
        Assert.Equal(["a.png", "sub"], listed);
        Assert.Contains("tr", await volume.ListAsync("/.imagekit"));
        Assert.Empty(await volume.ListAsync("/.imagekit/tr"));
        Assert.Equal(0, volume.Emulator.Stats.OriginalBytes);
        foreach (string none in (string[])["/.imagekit/tr/bogus", "/.imagekit/tr/w-300/nobody", "/.imagekit/tr/w-300/.imagekit", "/.imagekit/tr/w-3 00"])
            Assert.Equal(FsError.NotFound, (await volume.TryLookupAsync(none)).Error);
        Assert.Equal(FsError.NotPermitted, await volume.UnlinkAsync("/.imagekit/tr/w-300/p/a.png"));
        Assert.Equal(FsError.NotPermitted, await volume.MkdirAsync("/.imagekit/tr/w-300/new"));
    }

    [Fact]
    public async Task A_transformation_that_the_service_refuses_is_an_invalid_argument()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/a.png", Wide));
        volume.Emulator.Faults.Replace("delivery=status:400");

        Assert.Equal(FsError.InvalidArgument, (await volume.TryLookupAsync("/.imagekit/tr/w-abc/a.png")).Error);
    }

    [Fact]
    public async Task What_the_kernel_gives_back_is_let_go_of()
    {
        await using TestVolume volume = await StartAsync(server => server.Store.Put("/p/a.png", Wide));
        RenditionView view = (RenditionView)volume.FileSystem;
        List<InodeId> looked = [];
        foreach (string path in (string[])[$"/p/.sh_thumbnails/normal/{ThumbnailName.Of("a.png")}", "/.imagekit/tr/w-300/p/a.png"])
        {
            InodeId at = InodeId.Root;
            foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                at = (await view.LookupAsync(at, EntryName.Of(part), CancellationToken.None)).Value.Inode;
                looked.Add(at);
            }
        }

        int held = view.NodeCount;
        InodeId gone = looked[^2];
        foreach (InodeId inode in looked)
            view.Forget(inode, 1);

        Assert.Equal(7, held);
        Assert.Equal(0, view.NodeCount);
        Assert.Equal(FsError.Stale, (await view.GetAttrAsync(gone, CancellationToken.None)).Error);
    }
}
