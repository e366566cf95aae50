using ImageKitFs.Cli.Profiles.Bus;

namespace ImageKitFs.Cli.Tests.Profiles;

public sealed class BusTests
{
    [Theory]
    [InlineData("unix:path=/run/user/1000/bus", "/run/user/1000/bus")]
    [InlineData("unix:path=/tmp/a%20b,guid=00ff", "/tmp/a b")]
    [InlineData("unix:abstract=/tmp/dbus-x,guid=1;unix:path=/second", "\0/tmp/dbus-x|/second")]
    [InlineData("tcp:host=example.com,port=1;unix:tmpdir=/tmp", "")]
    public void Addresses_of_sockets_are_found_and_others_left_out(string address, string paths) =>
        Assert.Equal(paths, string.Join('|', BusAddress.PathsOf(name => name == "DBUS_SESSION_BUS_ADDRESS" ? address : null)));

    [Fact]
    public void A_message_is_read_as_it_was_written()
    {
        BusWriter body = new();
        body.Text("a").Bool(true).Bytes([1, 2, 3]).Dictionary(new Dictionary<string, string> { ["k"] = "v" });
        byte[] message = BusMessage.Call(7, "org.example", "/here", "org.example.Thing", "Do", "sbaya{ss}", body);

        int rest = BusMessage.RestOf(message.AsSpan(0, BusMessage.FixedHeader));
        BusMessage read = BusMessage.Parse(message);
        BusReader reader = read.Read();

        Assert.Equal(message.Length - BusMessage.FixedHeader, rest);
        Assert.Equal((BusMessageKind.Call, "/here", "org.example.Thing", "Do"), (read.Kind, read.Path, read.Interface, read.Member));
        Assert.Equal("a", reader.Text());
        Assert.True(reader.Bool());
        Assert.Equal([1, 2, 3], reader.Bytes());
    }

    [Fact]
    public void A_message_that_lies_about_its_length_is_an_error_and_no_crash()
    {
        BusWriter text = new();
        text.Number(1000).Byte(1);
        byte[] big = new byte[BusMessage.FixedHeader];
        big[0] = (byte)'l';
        big[7] = 0x7F;

        Assert.Throws<BusException>(() => new BusReader(text.ToArray()).Text());
        Assert.Throws<BusException>(() => BusMessage.RestOf(big));
    }
}
