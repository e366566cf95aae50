using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Storage;

namespace ImageKitFs.Emulator.Library;

/// <summary>
/// Storage attached to the account: asked when the library has no file at a path, one origin after the other in the order of the URL endpoint.
/// Its files are delivered and never listed.
/// </summary>
internal sealed class ExternalOrigins(AccountData account, TimeProvider time, Func<EmulatorOptions> options)
{
    private readonly ConcurrentDictionary<(string Origin, string Path), (byte[] Content, DateTimeOffset At)> _files = new();

    /// <summary>Attaches one to the default URL endpoint; gives its id.</summary>
    public string Attach(string name, string? folder) => account.Attach(new JsonObject
    {
        ["type"] = "WEB_FOLDER",
        ["name"] = name,
        ["baseUrl"] = folder is null ? $"https://{name}.example.com/" : new Uri(Path.GetFullPath(folder)).AbsoluteUri,
        ["forwardHostHeaderToOrigin"] = false,
    });

    /// <summary>Puts a file into one.</summary>
    public void Put(string name, string path, ReadOnlySpan<byte> content) => _files[(name, path)] = (content.ToArray(), time.GetUtcNow());

    /// <summary>Finds a file. The bytes are held until the caller releases them.</summary>
    /// <param name="urlPrefix">The URL endpoint that was asked.</param>
    /// <param name="path">Behind it.</param>
    /// <param name="error">When there is none: what the first origin that failed says; empty when all could be read.</param>
    public (FileVersion Version, string Name)? Find(string urlPrefix, string path, out string error)
    {
        error = "";
        foreach (string name in account.OriginsOf(urlPrefix))
        {
            if (FailureOf(name) is { } code)
                error = error.Length == 0 ? code : error;
            else if (Read(name, path) is { } file)
                return (Version(path, file.Content, file.At), path[(path.LastIndexOf('/') + 1)..]);
        }

        return null;
    }

    private string? FailureOf(string name) =>
        options().OriginErrors.Select(error => error.Split('=', 2)).FirstOrDefault(pair => pair.Length == 2 && pair[0] == name)?[1];

    private (byte[] Content, DateTimeOffset At)? Read(string name, string path)
    {
        if (_files.TryGetValue((name, path), out (byte[] Content, DateTimeOffset At) file))
            return file;
        if (!Uri.TryCreate(account.BaseOf(name), UriKind.Absolute, out Uri? root) || !root.IsFile)
            return null;
        string folder = root.LocalPath.TrimEnd('/');
        string local = Path.GetFullPath(folder + path);
        return local.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) && File.Exists(local)
            ? (File.ReadAllBytes(local), new DateTimeOffset(File.GetLastWriteTimeUtc(local), TimeSpan.Zero))
            : null;
    }

    private static FileVersion Version(string path, byte[] content, DateTimeOffset at)
    {
        MemoryBlob blob = new(content);
        blob.Retain();
        return new FileVersion
        {
            // 24 digits as every id; other content, other ETag.
            Id = Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(path), .. content]))[..24],
            Number = 1,
            Blob = blob,
            Media = MediaTypes.Detect(content.AsSpan(0, Math.Min(content.Length, MediaTypes.HeadLength)), path),
            UploadedAt = at,
            UpdatedAt = at,
        };
    }
}
