namespace ImageKitFs.Cli.Profiles.Bus;

/// <summary>The bus or the service behind it did not do what was asked; the message is for the user and holds no secret.</summary>
internal sealed class BusException : Exception
{
    public BusException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
