using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using Xunit;

namespace ImageKitFs.Core.Tests.Api;

public sealed class UrlSignerTests
{
    private const string Endpoint = "https://ik.imagekit.io/demo_id/";

    [Theory]
    [InlineData("photos/cat.jpg", 0, "?ik-s=63af3bf175e462710108aba2bd8eaefe29460575")]
    [InlineData("photos/cat.jpg?updatedAt=1699990000000&tr=orig-true", 1700000300, "&ik-t=1700000300&ik-s=357fb5020d0736e0ad37cd8f6bdef5d2dd030e9d")]
    [InlineData("tr:w-300,h-200/photos/cat.jpg", 1700000300, "?ik-t=1700000300&ik-s=aab0c4bd38bdc00582ff7bfbcd42a003a7c958b5")]
    [InlineData("photos/cat.jpg?tr=orig-true", 1700000300, "&ik-t=1700000300&ik-s=94a790292b70a1f29450b55451a4e4c5b5b391dd")]
    [InlineData("%D1%84%D0%BE%D1%82%D0%BE/%D0%BA%D0%BE%D1%82.jpg", 1700000300, "?ik-t=1700000300&ik-s=b2410991c0f2f9558f6d60a21867924b4a7bcbb9")]
    [InlineData("photos/cat.jpg?ik-obj-version=abc.DEF_123&updatedAt=1699990000000", 1700000300, "&ik-t=1700000300&ik-s=e12802cbd17526ef4b093cc3a5a0e0c447d82393")]
    public void The_worked_examples_come_out(string relative, long expiry, string tail)
    {
        var signer = new UrlSigner(new Uri(Endpoint), SecretKey.Of("private_key_example"));

        string url = signer.Sign(relative, expiry == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(expiry));

        Assert.Equal(Endpoint + relative + tail, url);
    }
}
