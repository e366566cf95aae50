using ImageKitFs.Cli.Diagnosis;
using ImageKitFs.Core.Config;

namespace ImageKitFs.Cli.Mounting;

/// <summary>
/// Keys that may read and nothing else: such a mount is read-only, and says so. A profile's is known since `login`; of another key the first refused change
/// tells, which is remembered here by the key's fingerprint, so that its next mount asks (one request) and is read-only from the start.
/// </summary>
internal static class ReadOnlyKeys
{
    private const string Words = "the key may read and not write: mounted read-only";

    /// <summary>The options for this key; tells the user when they became read-only.</summary>
    public static async Task<MountOptions> ApplyAsync(MountOptions options, MountRequest request, ReadyReport report, TimeProvider time, CancellationToken ct)
    {
        if (request.ReadOnly || request.EmulatorFolder is not null)
            return options;
        string mark = MarkOf(request, options.Key);
        if (options.ReadOnly || (File.Exists(mark) && !await MayWriteAsync(options, mark, time, ct)))
        {
            report.Note(Words);
            return options with { ReadOnly = true };
        }

        return options with { FoundReadOnlyKey = () => Remember(mark) };
    }

    // Its rights may have been changed in the dashboard since.
    private static async Task<bool> MayWriteAsync(MountOptions options, string mark, TimeProvider time, CancellationToken ct)
    {
        using AccountView account = new(options.Endpoints, options.Key, time);
        if (await account.IsReadOnlyAsync(ct) != false)
            return false;
        File.Delete(mark);
        return true;
    }

    private static void Remember(string mark)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(mark)!);
            File.WriteAllText(mark, "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the next mount finds out again.
        }
    }

    private static string MarkOf(MountRequest request, SecretKey key) =>
        Path.Combine(LibraryFolders.StateRoot(request.CacheFolder, Environment.GetEnvironmentVariable), "read-only-keys", key.Fingerprint());
}
