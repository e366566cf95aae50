using System.Runtime.Versioning;
using System.Text;
using ImageKitFs.Cli.Profiles.Bus;

namespace ImageKitFs.Cli.Profiles;

/// <summary>
/// The desktop's keyring (GNOME Keyring, KWallet, KeePassXC) over the session bus: org.freedesktop.secrets. Secrets cross the bus's socket as they are
/// ("plain" sessions): it is this user's alone, and who may read it may ask for the secret as well.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class SecretService : IDisposable
{
    private const string Name = "org.freedesktop.secrets";
    private const string Root = "/org/freedesktop/secrets";
    private const string Service = "org.freedesktop.Secret.Service";
    private const string Collection = "org.freedesktop.Secret.Collection";
    private const string Item = "org.freedesktop.Secret.Item";
    private const string Prompt = "org.freedesktop.Secret.Prompt";

    /// <summary>Stands for "none" in place of an object's path.</summary>
    private const string Nothing = "/";

    /// <summary>A keyring that has to be started first takes a second or two.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A person types a password.</summary>
    private static readonly TimeSpan PromptPatience = TimeSpan.FromSeconds(90);

    private readonly BusConnection _bus;
    private readonly string _session;
    private readonly string _collection;

    private SecretService(BusConnection bus, string session, string collection)
    {
        _bus = bus;
        _session = session;
        _collection = collection;
    }

    /// <summary>Null when no session bus offers a keyring that secrets could be kept in.</summary>
    public static SecretService? TryOpen(Func<string, string?> environment)
    {
        BusConnection? bus = BusConnection.TryOpen(environment, Patience);
        if (bus is null)
            return null;
        try
        {
            if (bus.Offers(Name))
            {
                BusReader session = bus.Call(Name, Root, Service, "OpenSession", "sv", body => body.Text("plain").Signature("s").Text("")).Read();
                session.Variant();
                string path = session.Text();
                // Without a default collection (no desktop login made one) the keyring would ask for a new password: not our business.
                string collection = bus.Call(Name, Root, Service, "ReadAlias", "s", body => body.Text("default")).Read().Text();
                if (collection != Nothing)
                    return new SecretService(bus, path, collection);
            }
        }
        catch (BusException)
        {
            // As good as none.
        }

        bus.Dispose();
        return null;
    }

    /// <summary>Stores a secret, in the place of one of that id.</summary>
    /// <param name="id">By which it is found again.</param>
    /// <param name="label">What the keyring's own windows call it.</param>
    /// <param name="profile">For who looks into the keyring.</param>
    /// <param name="secret">The secret.</param>
    /// <exception cref="BusException">It was not stored.</exception>
    public void Store(string id, string label, string profile, string secret)
    {
        Unlock(_collection);
        BusReader reply = _bus.Call(Name, _collection, Collection, "CreateItem", "a{sv}(oayays)b", body =>
        {
            body.Array(alignment: 8, properties =>
            {
                properties.Align(8).Text(Item + ".Label").Signature("s").Text(label);
                properties.Align(8).Text(Item + ".Attributes").Signature("a{ss}").Dictionary(
                    new Dictionary<string, string>(Attributes(id), StringComparer.Ordinal) { ["profile"] = profile });
            });
            // The struct: session, parameters of its algorithm, value, content type.
            body.Align(8).Text(_session).Bytes([]).Bytes(Encoding.UTF8.GetBytes(secret)).Text("text/plain; charset=utf8");
            body.Bool(true);
        }).Read();
        string item = reply.Text();
        string prompt = reply.Text();
        if (item == Nothing)
            Answer(prompt);
    }

    /// <summary>Null when there is none of that id.</summary>
    /// <exception cref="BusException">The keyring is locked and stays so, or does not answer.</exception>
    public string? Find(string id)
    {
        if (Search(id) is not { } item)
            return null;
        BusReader secret = _bus.Call(Name, item, Item, "GetSecret", "o", body => body.Text(_session)).Read().Align(8);
        secret.Text();
        secret.Bytes();
        return Encoding.UTF8.GetString(secret.Bytes());
    }

    /// <summary>False when there was none of that id.</summary>
    /// <exception cref="BusException">It is still there.</exception>
    public bool Remove(string id)
    {
        if (Search(id) is not { } item)
            return false;
        string prompt = _bus.Call(Name, item, Item, "Delete", "", _ => { }).Read().Text();
        if (prompt != Nothing)
            Answer(prompt);
        return true;
    }

    public void Dispose() => _bus.Dispose();

    private static Dictionary<string, string> Attributes(string id) => new(StringComparer.Ordinal)
    {
        ["xdg:schema"] = "imagekitfs.PrivateKey",
        ["application"] = "imagekitfs",
        ["id"] = id,
    };

    private string? Search(string id)
    {
        BusReader found = _bus.Call(Name, Root, Service, "SearchItems", "a{ss}", body => body.Dictionary(Attributes(id))).Read();
        List<string> unlocked = found.Texts();
        List<string> locked = found.Texts();
        if (unlocked.Count == 0 && locked.Count > 0)
            Unlock(locked[0]);
        return unlocked.Concat(locked).FirstOrDefault();
    }

    private void Unlock(string path)
    {
        BusReader reply = _bus.Call(Name, Root, Service, "Unlock", "ao", body => body.Array(alignment: 4, paths => paths.Text(path))).Read();
        reply.Texts();
        string prompt = reply.Text();
        if (prompt != Nothing)
            Answer(prompt);
    }

    // The keyring asks its user in a window of its own.
    private void Answer(string prompt)
    {
        if (!Console.IsErrorRedirected)
            Console.Error.WriteLine("imagekitfs: the keyring asks for its password in a window");
        BusMessage done = _bus.Await(prompt, Prompt, "Completed", () => _bus.Call(Name, prompt, Prompt, "Prompt", "s", body => body.Text("")), PromptPatience);
        if (done.Read().Bool())
            throw new BusException("the keyring is locked");
    }
}
