using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ImageKitFs.Emulator.Http;

namespace ImageKitFs.Emulator.Tests;

public sealed class DeliveryTests
{
    private static readonly byte[] Png = PngEncoder.Encode(40, 30, (x, y) => x * y);

    [Theory]
    [InlineData("photos/cat.jpg", null, "63af3bf175e462710108aba2bd8eaefe29460575")]
    [InlineData("photos/cat.jpg?updatedAt=1699990000000&tr=orig-true", "1700000300", "357fb5020d0736e0ad37cd8f6bdef5d2dd030e9d")]
    [InlineData("tr:w-300,h-200/photos/cat.jpg", "1700000300", "aab0c4bd38bdc00582ff7bfbcd42a003a7c958b5")]
    [InlineData("photos/cat.jpg?tr=orig-true", "1700000300", "94a790292b70a1f29450b55451a4e4c5b5b391dd")]
    [InlineData("%D1%84%D0%BE%D1%82%D0%BE/%D0%BA%D0%BE%D1%82.jpg", "1700000300", "b2410991c0f2f9558f6d60a21867924b4a7bcbb9")]
    [InlineData("photos/cat.jpg?ik-obj-version=abc.DEF_123&updatedAt=1699990000000", "1700000300", "e12802cbd17526ef4b093cc3a5a0e0c447d82393")]
    public void Worked_examples_of_section_10_are_valid(string url, string? expiry, string signature)
    {
        string separator = url.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        string signed = url + separator + (expiry is null ? "" : $"ik-t={expiry}&") + "ik-s=" + signature;
        var before = DateTimeOffset.FromUnixTimeSeconds(1700000000);

        Assert.Equal((SignatureState.Valid, url), UrlSignature.Check(signed, "private_key_example", before));
        Assert.Equal(SignatureState.Invalid, UrlSignature.Check(signed, "private_key_other", before).State);
        Assert.Equal(SignatureState.Invalid, UrlSignature.Check(signed + "&x=1", "private_key_example", before).State);
        if (expiry is not null)
            Assert.Equal(SignatureState.Invalid, UrlSignature.Check(signed, "private_key_example", before.AddSeconds(301)).State);
    }

    [Fact]
    public void The_expiry_comes_before_the_signature()
    {
        const string turned = "photos/cat.jpg?tr=orig-true&ik-s=94a790292b70a1f29450b55451a4e4c5b5b391dd&ik-t=1700000300";

        Assert.Equal(SignatureState.Invalid, UrlSignature.Check(turned, "private_key_example", DateTimeOffset.UnixEpoch).State);
    }

    [Fact]
    public async Task A_private_file_needs_a_signature_but_not_for_a_named_rendition()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/p/é ü.png", Png, new PutOptions(IsPrivate: true));
        const string path = "p/%C3%A9%20%C3%BC.png?tr=orig-true";
        string signature = UrlSignature.Compute(server.Emulator.PrivateKey, path, "9999999999");

        Answer unsigned = await server.DeliverAsync("/" + path);
        Answer signed = await server.DeliverAsync($"/{path}&ik-s={signature}");
        Answer named = await server.DeliverAsync("/p/%C3%A9%20%C3%BC.png?tr=n-ik_ml_thumbnail");
        server.Configure(options => options with { PrivateIs403 = true });
        Answer forbidden = await server.DeliverAsync("/" + path);

        Assert.Equal([401, 200, 200, 403], new[] { (int)unsigned.Status, (int)signed.Status, (int)named.Status, (int)forbidden.Status });
        Assert.Equal(Png, signed.Body);
    }

    [Fact]
    public async Task A_restricted_account_wants_every_url_signed()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { RestrictUnsignedUrls = true });
        server.Emulator.Store.Put("/a.txt", "1"u8);

        Assert.Equal(401, (int)(await server.DeliverAsync("/a.txt")).Status);
        Assert.Equal(200, (int)(await server.DeliverAsync("/a.txt?ik-s=" + UrlSignature.Compute(server.Emulator.PrivateKey, "a.txt", "9999999999"))).Status);
    }

    [Fact]
    public async Task Images_are_altered_without_orig_true_in_length_and_in_every_range()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/a.png", Png);
        server.Emulator.Store.Put("/a.bin", [1, 2, 3]);

        byte[] plain = (await server.DeliverAsync("/a.png")).Body;
        byte[] small = (await server.DeliverAsync("/tr:w-300/a.png")).Body;
        byte[] query = (await server.DeliverAsync("/a.png?tr=orig-true,w-300")).Body;
        byte[] path = (await server.DeliverAsync("/tr:orig-true/a.png")).Body;
        byte[] other = (await server.DeliverAsync("/a.bin")).Body;
        server.Configure(options => options with { ServeOriginalImages = true });
        byte[] original = (await server.DeliverAsync("/a.png?x=1")).Body;

        Assert.NotEqual(Png.Length, plain.Length);
        Assert.NotEqual(Png[40..60], plain[40..60]);
        Assert.NotEqual(plain, small);
        Assert.Equal([Png, Png, Png], new[] { query, path, original });
        Assert.Equal([1, 2, 3], other);
    }

    [Fact]
    public async Task A_url_stays_stale_after_an_overwrite_and_a_new_query_is_fresh()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/a.txt", "old"u8);
        string first = (await server.DeliverAsync("/a.txt")).Text;

        server.Emulator.Store.Put("/a.txt", "new"u8);
        Answer stale = await server.DeliverAsync("/a.txt");
        string fresh = (await server.DeliverAsync("/a.txt?updatedAt=2")).Text;
        server.Emulator.Store.Delete("/a.txt");
        string deleted = (await server.DeliverAsync("/a.txt")).Text;
        await server.JsonAsync("POST", "v1/files/purge", $$"""{"url":"{{server.Emulator.UrlEndpoint}}/a.txt"}""");
        Answer purged = await server.DeliverAsync("/a.txt");
        server.Configure(options => options with { CdnAlwaysFresh = true });
        Answer uncached = await server.DeliverAsync("/a.txt?updatedAt=2");

        Assert.Equal(("old", "old", "new", "old"), (first, stale.Text, fresh, deleted));
        Assert.Equal(("Hit from cloudfront", "0"), (stale.Header("x-cache"), stale.Header("Age")));
        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.NotFound], new[] { purged.Status, uncached.Status });
    }

    [Fact]
    public async Task The_signature_makes_a_new_cache_entry_unless_switched()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/a.txt", "old"u8);
        long expiry = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 100;
        Task<Answer> SignedAsync(long until) =>
            server.DeliverAsync($"/a.txt?ik-t={until}&ik-s={UrlSignature.Compute(server.Emulator.PrivateKey, "a.txt", $"{until}")}");

        await SignedAsync(expiry);
        server.Emulator.Store.Put("/a.txt", "new"u8);
        string renewed = (await SignedAsync(expiry + 1)).Text;
        server.Configure(options => options with { CdnIgnoresSignature = true });
        await SignedAsync(expiry + 2);
        server.Emulator.Store.Put("/a.txt", "newest"u8);

        Assert.Equal(("new", "new"), (renewed, (await SignedAsync(expiry + 3)).Text));
    }

    [Fact]
    public async Task Ranges_are_absolute_or_ignored()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/d.bin", "0123456789"u8);
        async Task<string> RangeAsync(string range)
        {
            Answer answer = await server.DeliverAsync("/d.bin", request => request.Headers.TryAddWithoutValidation("Range", range));
            return $"{(int)answer.Status} {answer.Header("Content-Range")} {answer.Text}";
        }

        Assert.Equal("206 bytes 2-4/10 234", await RangeAsync("bytes=2-4"));
        Assert.Equal("206 bytes 8-9/10 89", await RangeAsync("bytes=8-"));
        Assert.Equal("206 bytes 8-9/10 89", await RangeAsync("bytes=8-100"));
        Assert.Equal("416 bytes */10 ", await RangeAsync("bytes=10-12"));
        Assert.Equal("200  0123456789", await RangeAsync("bytes=-3"));
        Assert.Equal("200  0123456789", await RangeAsync("bytes=1-2,4-5"));
        Assert.Equal("200  0123456789", await RangeAsync("bytes=5-2"));
        server.Configure(options => options with { IgnoreRange = true });
        Assert.Equal("200  0123456789", await RangeAsync("bytes=2-4"));
    }

    [Fact]
    public async Task Headers_say_what_the_reference_says()
    {
        await using TestServer server = await TestServer.StartAsync();
        server.Emulator.Store.Put("/a.txt", "1"u8);

        Answer first = await server.DeliverAsync("/a.txt?ik-attachment=true");
        Answer same = await server.DeliverAsync("/a.txt", request => request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(first.Header("ETag")!)));
        Answer since = await server.DeliverAsync("/a.txt", request => request.Headers.IfModifiedSince = first.Response.Content.Headers.LastModified);
        using var head = new HttpRequestMessage(HttpMethod.Head, "demo/a.txt");
        Answer headed = await server.SendAsync(head, withKey: false);
        Answer missing = await server.DeliverAsync("/none.txt");

        Assert.Equal("public, s-maxage=31536000, max-age=31536000, must-revalidate", first.Response.Headers.CacheControl!.ToString().Replace("public, must-revalidate, max-age=31536000, s-maxage=31536000", "public, s-maxage=31536000, max-age=31536000, must-revalidate", StringComparison.Ordinal));
        Assert.Equal(("bytes", "attachment; filename=\"a.txt\"", "text/plain; charset=utf-8"), (first.Header("Accept-Ranges"), first.Header("Content-Disposition"), first.Header("Content-Type")));
        Assert.StartsWith("transformation;dur=", first.Header("Server-Timing"), StringComparison.Ordinal);
        Assert.Equal([304, 304, 200], new[] { (int)same.Status, (int)since.Status, (int)headed.Status });
        Assert.Equal((0, "1"), (headed.Body.Length, headed.Header("Content-Length")));
        Assert.Equal((404, "Not Found"), ((int)missing.Status, missing.Text));
        Assert.StartsWith("ENOENT - ", missing.Header("ik-error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_is_compressed_for_those_who_accept_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        byte[] text = Encoding.UTF8.GetBytes(new string('a', 5000));
        server.Emulator.Store.Put("/a.css", text);
        Task<Answer> FetchAsync(string accept) => server.DeliverAsync("/a.css", request => request.Headers.TryAddWithoutValidation("Accept-Encoding", accept));

        Answer brotli = await FetchAsync("gzip, br");
        Answer gzip = await FetchAsync("gzip;q=1.0");
        Answer identity = await FetchAsync("identity");
        using var unpacked = new MemoryStream();
        await new BrotliStream(new MemoryStream(brotli.Body), CompressionMode.Decompress).CopyToAsync(unpacked);
        server.Configure(options => options with { NoContentEncoding = true });

        Assert.Equal(("br", "gzip", null), (brotli.Header("Content-Encoding"), gzip.Header("Content-Encoding"), identity.Header("Content-Encoding")));
        Assert.Equal(text, unpacked.ToArray());
        Assert.Equal(text, identity.Body);
        Assert.Equal(text, (await FetchAsync("br")).Body);
    }

    [Fact]
    public async Task An_old_version_is_delivered_by_its_token_and_a_url_endpoint_hides_a_folder()
    {
        await using TestServer server = await TestServer.StartAsync();
        string id = await server.IdOfAsync("/photos/v.txt", "one");
        await server.UploadAsync("/photos/v.txt", "two");
        string old = new Uri((string)(await server.GetAsync($"v1/files/{id}/versions")).Rows[1]!["url"]!).PathAndQuery["/demo".Length..];

        Assert.Equal("one", (await server.DeliverAsync(old)).Text);
        Assert.Equal(404, (int)(await server.DeliverAsync("/photos/v.txt?ik-obj-version=unknown")).Status);
        await server.JsonAsync("POST", "v1/accounts/url-endpoints", """{"description":"d","urlPrefix":"photos"}""");
        Assert.Equal(404, (int)(await server.DeliverAsync("/photos/v.txt")).Status);
        Assert.Equal("two", (await server.DeliverAsync("/photos/photos/v.txt")).Text);
    }

    [Fact]
    public async Task Unnamed_transformations_can_be_restricted()
    {
        await using TestServer server = await TestServer.StartAsync(new EmulatorOptions { RestrictUnnamedTransformations = true });
        server.Emulator.Store.Put("/a.png", Png);

        Assert.Equal(400, (int)(await server.DeliverAsync("/a.png?tr=orig-true")).Status);
        Assert.Equal(200, (int)(await server.DeliverAsync("/a.png?tr=n-ik_ml_thumbnail")).Status);
        Assert.Equal(Png, (await server.DeliverAsync("/a.png?tr=orig-true&ik-s=" + UrlSignature.Compute(server.Emulator.PrivateKey, "a.png?tr=orig-true", "9999999999"))).Body);
    }
}
