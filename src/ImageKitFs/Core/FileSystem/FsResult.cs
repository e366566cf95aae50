namespace ImageKitFs.Core.FileSystem;

/// <summary>A value, or why there is none.</summary>
public readonly struct FsResult<T>
{
    private readonly T _value;

    /// <summary>A result that holds a value; needed by name for interface types, which no conversion can take.</summary>
    public FsResult(T value)
        : this(value, FsError.None)
    {
    }

    private FsResult(T value, FsError error)
    {
        _value = value;
        Error = error;
    }

    /// <summary><see cref="FsError.None"/> when there is a value.</summary>
    public FsError Error { get; }

    /// <summary>True when there is a value.</summary>
    public bool Ok => Error == FsError.None;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">There is an error instead: a bug of the caller.</exception>
    public T Value => Ok ? _value : throw new InvalidOperationException($"No value: {Error}.");

    /// <summary>A result that holds a value.</summary>
    public static implicit operator FsResult<T>(T value) => new(value, FsError.None);

    /// <summary>A result that holds an error, which must not be <see cref="FsError.None"/>.</summary>
    public static implicit operator FsResult<T>(FsError error) =>
        error != FsError.None ? new(default!, error) : throw new ArgumentException("No error and no value.", nameof(error));
}
