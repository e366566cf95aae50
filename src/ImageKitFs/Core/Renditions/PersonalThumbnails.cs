using ImageKitFs.Core.FileSystem;

namespace ImageKitFs.Core.Renditions;

/// <summary>
/// A user's own thumbnails, <c>$XDG_CACHE_HOME/thumbnails</c> (freedesktop.org, Thumbnail Managing Standard): what file managers look into that know no
/// shared ones, as Nautilus does.
/// </summary>
/// <remarks>Used by the mount for the user who runs it, and by `imagekitfs warm --thumbnails` for any user. Safe from any thread.</remarks>
public sealed class PersonalThumbnails
{
    /// <summary>More is no thumbnail.</summary>
    private const int MaxHeadBytes = 64 << 10;

    private readonly string _folder;

    /// <param name="folder">The folder; made, for its owner alone, when something is stored.</param>
    public PersonalThumbnails(string folder) => _folder = folder;

    /// <summary>The sizes that are filled.</summary>
    public static IReadOnlyList<string> Sizes { get; } = [ThumbnailSize.Normal.Folder, ThumbnailSize.Large.Folder];

    /// <summary>Where a mount shows the thumbnail of a file in it.</summary>
    /// <param name="file">Absolute path.</param>
    /// <param name="size">One of <see cref="Sizes"/>.</param>
    public static string SharedPathOf(string file, string size) => Path.Combine(
        Path.GetDirectoryName(file) ?? "/", ThumbnailName.SharedFolder, size, ThumbnailName.Of(FileUri.Escape(Path.GetFileName(file))));

    /// <summary>True when there is a thumbnail of the file as it is now.</summary>
    /// <param name="file">Absolute path, as the user's programs name it.</param>
    /// <param name="modified">Its mtime.</param>
    /// <param name="size">One of <see cref="Sizes"/>.</param>
    public bool Has(string file, Timestamp modified, string size)
    {
        try
        {
            using FileStream thumbnail = File.OpenRead(PathOf(file, size));
            byte[] head = new byte[Math.Min(thumbnail.Length, MaxHeadBytes)];
            thumbnail.ReadExactly(head);
            return PngText.Find(head, ThumbnailText.Uri) == FileUri.Of(file) && PngText.Find(head, ThumbnailText.ModifiedTime) == ThumbnailText.Seconds(modified);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Stores a thumbnail in the place of an older one: whole, or not at all.</summary>
    /// <param name="file">Absolute path, as the user's programs name it.</param>
    /// <param name="modified">Its mtime.</param>
    /// <param name="size">One of <see cref="Sizes"/>.</param>
    /// <param name="png">The picture; what it says about an original is replaced.</param>
    /// <returns>False when it is no PNG.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public bool TryStore(string file, Timestamp modified, string size, ReadOnlySpan<byte> png)
    {
        if (!PngText.IsPng(png))
            return false;
        string uri = FileUri.Of(file);
        byte[] thumbnail = PngText.Replace(png, ThumbnailText.Prefix, ThumbnailText.Of(uri, ThumbnailText.Seconds(modified)));
        string target = PathOf(file, size);
        string folder = Path.GetDirectoryName(target)!;
        MakePrivate(_folder);
        MakePrivate(folder);
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite; // As the standard says: thumbnails of private pictures are private.
        try
        {
            using (FileStream stream = new(temporary, options))
                stream.Write(thumbnail);
            File.Move(temporary, target, overwrite: true);
            return true;
        }
        catch
        {
            Content.DiskFile.TryDelete(temporary);
            throw;
        }
    }

    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string PathOf(string file, string size) => Path.Combine(_folder, size, ThumbnailName.Of(FileUri.Of(file)));
}
