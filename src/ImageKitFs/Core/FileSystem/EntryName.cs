using System.Text;

namespace ImageKitFs.Core.FileSystem;

/// <summary>One component of a path as the user sees it: well-formed Unicode, not empty, no '/', no NUL, not "." or "..".</summary>
/// <remarks>Compared ordinally. A name holds at most <see cref="MaxBytes"/> bytes of UTF-8, as every Linux file system allows.</remarks>
public readonly record struct EntryName
{
    /// <summary>255: NAME_MAX of Linux and, in UTF-16 units, of NTFS.</summary>
    public const int MaxBytes = 255;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string? _value;

    private EntryName(string value) => _value = value;

    /// <summary>The name; the empty string for the default value.</summary>
    public string Value => _value ?? string.Empty;

    /// <summary>Reads a name from UTF-8 bytes without a terminator.</summary>
    /// <returns><see cref="FsError.None"/>, <see cref="FsError.NameTooLong"/> or <see cref="FsError.InvalidName"/>.</returns>
    public static FsError TryParse(ReadOnlySpan<byte> utf8, out EntryName name)
    {
        name = default;
        if (utf8.Length > MaxBytes)
            return FsError.NameTooLong;
        if (utf8.IsEmpty || utf8.IndexOfAny((byte)'/', (byte)0) >= 0 || !System.Text.Unicode.Utf8.IsValid(utf8))
            return FsError.InvalidName;
        string value = StrictUtf8.GetString(utf8);
        if (value is "." or "..")
            return FsError.InvalidName;
        name = new EntryName(value);
        return FsError.None;
    }

    /// <summary>Reads a name from a string; the same rules as for bytes, unpaired surrogates are refused.</summary>
    public static FsError TryParse(string value, out EntryName name)
    {
        ArgumentNullException.ThrowIfNull(value);
        name = default;
        if (value.Length > MaxBytes)
            return FsError.NameTooLong;
        Span<byte> utf8 = stackalloc byte[MaxBytes * 3];
        System.Buffers.OperationStatus status = System.Text.Unicode.Utf8.FromUtf16(value, utf8, out _, out int written, replaceInvalidSequences: false);
        return status == System.Buffers.OperationStatus.Done ? TryParse(utf8[..written], out name) : FsError.InvalidName;
    }

    /// <summary>A name known to be good (a constant, or one that was parsed before).</summary>
    /// <exception cref="ArgumentException">The name breaks a rule of this type.</exception>
    public static EntryName Of(string value) =>
        TryParse(value, out EntryName name) == FsError.None ? name : throw new ArgumentException($"'{value}' is not a file name.", nameof(value));

    /// <inheritdoc/>
    public override string ToString() => Value;
}
