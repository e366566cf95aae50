using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using ImageKitFs.Core.Spool;
using ImageKitFs.Core.Tree;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Engine;

/// <summary>Lets an account store mtimes, so that every machine sees the same: one custom metadata field, made with the user's consent.</summary>
public sealed class MtimeSetup : IDisposable
{
    private readonly ImageKitApi _api;

    /// <param name="options">Which account; no folder of theirs is touched.</param>
    /// <param name="logger">Gets no secrets.</param>
    /// <param name="time">The clock.</param>
    public MtimeSetup(MountOptions options, ILogger logger, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        _api = ImageKitApi.Create(options.Endpoints, options.Key, ApiTuning.From(options), time, logger);
    }

    /// <summary>The name of the field.</summary>
    public static string FieldName => StoredTime.FieldName;

    /// <summary>True when the account has the field.</summary>
    /// <exception cref="VolumeException">The service does not say.</exception>
    public async Task<bool> ExistsAsync(CancellationToken ct)
    {
        ApiResult<IReadOnlyList<string>> fields = await _api.Library.MetadataFieldsAsync(ct);
        return fields.Ok ? fields.Value.Contains(StoredTime.FieldName) : throw Failed(fields.Error);
    }

    /// <summary>Makes the field.</summary>
    /// <exception cref="VolumeException">The service refused.</exception>
    public async Task CreateAsync(CancellationToken ct)
    {
        ApiResult<Nothing> made = await _api.Library.CreateTextFieldAsync(StoredTime.FieldName, StoredTime.FieldLabel, ct);
        if (made.Ok || await ExistsAsync(ct))
            return; // A reply that was lost, or somebody else was quicker.
        throw made.Error.Kind == ApiErrorKind.AlreadyExists
            ? new VolumeException(VolumeFailure.Service, $"the account once had the field {StoredTime.FieldName} and it was deleted (ImageKit never gives such a name again), or another field has the label '{StoredTime.FieldLabel}': {made.Error}")
            : Failed(made.Error);
    }

    /// <summary>Tells a state folder that no mount uses now. False: one does, and must be told by its control file.</summary>
    /// <param name="stateFolder">Of one mount.</param>
    /// <param name="logger">Gets no secrets.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="InvalidDataException">A newer program wrote it.</exception>
    public static async Task<bool> TryRememberAsync(string stateFolder, ILogger logger)
    {
        using FolderLock? held = FolderLock.TryAcquire(stateFolder, out _);
        if (held is null)
            return false;
        await using SpoolJournal journal = SpoolJournal.Open(Path.Combine(stateFolder, "journal.db"), logger);
        await StoredTimes.RememberAsync(journal);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _api.Dispose();

    private static VolumeException Failed(ApiError error) => new(
        error.Kind switch
        {
            ApiErrorKind.Unauthorized or ApiErrorKind.Forbidden or ApiErrorKind.Refused => VolumeFailure.BadKey,
            ApiErrorKind.Unreachable or ApiErrorKind.Network or ApiErrorKind.TimedOut => VolumeFailure.NoNetwork,
            _ => VolumeFailure.Service,
        },
        $"the account's custom metadata fields: {error}");
}
