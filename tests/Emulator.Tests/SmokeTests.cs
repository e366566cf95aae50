using System.Net;

namespace ImageKitFs.Emulator.Tests;

public sealed class SmokeTests
{
    [Fact]
    public async Task The_sample_library_is_listed_and_delivered()
    {
        await using TestServer server = await TestServer.StartAsync();
        SampleMedia.Seed(server.Emulator);

        string[] root = await server.NamesAsync("/");
        Answer picture = await server.DeliverAsync("/press/logo.png?tr=orig-true");

        Assert.Equal(["campaigns", "products", "press", "readme.txt", "incoming"], root);
        Assert.Equal(HttpStatusCode.OK, picture.Status);
        Assert.Equal("image/png", picture.Header("Content-Type"));
        Assert.Equal(server.Emulator.Store.Read("/press/logo.png"), picture.Body);
    }
}
