using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageKitFs.Emulator.Faults;
using ImageKitFs.Emulator.Http;
using ImageKitFs.Emulator.Library;
using Microsoft.AspNetCore.Http;

namespace ImageKitFs.Emulator.Routes;

/// <summary>Uploads (section 4).</summary>
internal sealed class UploadRoute(MediaStore store, RowJson rows, TimeProvider time, Func<EmulatorOptions> options)
{
    private const int MaxTagsLength = 500;

    private readonly HashSet<string> _usedTokens = new(StringComparer.Ordinal);

    /// <summary>Reads and stores an upload. <paramref name="faultFor"/> is asked once the target path is known, before anything is stored.</summary>
    public async Task<(Reply? Reply, FaultAction? Fault)> AnswerAsync(HttpRequest request, bool isV2, Func<string, FaultAction?> faultFor, CancellationToken ct)
    {
        EmulatorOptions now = options();
        string? authorization = request.Headers.Authorization;
        if (authorization is not null)
            KeyCheck.Require(authorization, isWrite: true, now);
        using UploadForm form = await UploadForm.ReadAsync(request, store.Blobs, now, new Pace(now.BytesPerSecond, time), ct);
        Authorize(form, authorization is not null, now);
        if (!form.HasFile || (form.FileLength == 0 && !now.AcceptEmptyUploads))
            throw new Refusal(400, "Your request is missing file parameter.");
        string fileName = form["fileName"] is { Length: > 0 } name ? name : throw new Refusal(400, "Your request is missing fileName parameter.");
        string folder = form["folder"] is { Length: > 0 } given ? given : "/";
        MediaInfo media = MediaTypes.Detect(form.Head, fileName);
        RequireSize(form.FileLength, media, now);
        JsonArray? extensions = ParseJson<JsonArray>(form, "extensions");
        _ = ParseTransformation(form);
        JsonObject? customMetadata = ParseJson<JsonObject>(form, "customMetadata");
        if (customMetadata is not null)
            store.Account.Fields.Check(customMetadata);
        UploadChecks.Require(form["checks"], form.FileLength, media, fileName, folder);

        FaultAction? fault = faultFor(folder.TrimEnd('/') + "/" + fileName);
        if (fault is { IsAfter: false, Kind: FaultKind.Status or FaultKind.Html or FaultKind.Empty or FaultKind.Reset or FaultKind.Throttle })
            return (null, fault);
        var upload = new UploadRequest
        {
            FileName = fileName,
            Folder = folder,
            Blob = form.Commit(),
            Media = media,
            IsV2 = isV2,
            UseUniqueFileName = Flag(form, "useUniqueFileName", missing: true),
            OverwriteFile = Flag(form, "overwriteFile", missing: true),
            OverwriteTags = Flag(form, "overwriteTags", missing: true),
            OverwriteAiTags = Flag(form, "overwriteAITags", missing: true),
            OverwriteCustomMetadata = Flag(form, "overwriteCustomMetadata", missing: true),
            Tags = ParseTags(form["tags"]),
            AiTags = extensions is null ? null : Extensions.AiTagsOf(extensions, media),
            CustomMetadata = customMetadata,
            CustomCoordinates = form["customCoordinates"] is { Length: > 0 } coordinates ? coordinates : null,
            Description = form["description"],
            IsPrivate = Flag(form, "isPrivateFile", missing: false),
            IsPublished = Flag(form, "isPublished", missing: true),
        };
        // Held while it is offered: a refused upload frees its bytes, an accepted one has the version's own hold.
        upload.Blob.Retain();
        try
        {
            var fields = (form["responseFields"] ?? "").Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
            return (store.Upload(upload, file => rows.Uploaded(file, fields, extensions)), fault);
        }
        finally
        {
            upload.Blob.Release();
        }
    }

    private static void RequireSize(long length, MediaInfo media, EmulatorOptions options)
    {
        long megabyte = options.DecimalMegabytes ? 1_000_000 : 1 << 20;
        long? limit = (options.Plan, media.IsVideo) switch
        {
            (Plan.None, _) => null,
            (Plan.Free, false) => 25 * megabyte,
            (Plan.Free, true) => 100 * megabyte,
            (Plan.Lite, false) => 40 * megabyte,
            (Plan.Lite, true) => 300 * megabyte,
            (Plan.Pro, false) => 50 * megabyte,
            (Plan.Pro, true) => 2 * 1024 * megabyte,
            _ => throw new InvalidOperationException("an unnamed plan"),
        };
        if (length > limit)
            throw new Refusal(400, "Your request contains invalid file parameter. The file size exceeds limits.");
    }

    private void Authorize(UploadForm form, bool hasBasic, EmulatorOptions options)
    {
        (string? token, string? signature, string? expire) = (form["token"], form["signature"], form["expire"]);
        if (signature is null)
        {
            if (!hasBasic)
                throw new Refusal(401, "Your request does not contain private API key.");
            return;
        }

        if (hasBasic)
        {
            throw new Refusal(400, "Your request contains both signature and basic auth parameter. Use only one method, "
                + "you might be exposing your private API key.");
        }

        long now = time.GetUtcNow().ToUnixTimeSeconds();
        if (!long.TryParse(expire, NumberStyles.None, CultureInfo.InvariantCulture, out long until) || until <= now || until > now + 3600)
        {
            throw new Refusal(400, "Your request contains invalid expire parameter. "
                + "Expire parameter should be a Unix time in less than 1 hour into the future.");
        }

        string expected = Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(options.PrivateKey), Encoding.UTF8.GetBytes(token + expire)));
        bool matches = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(signature));
        if (!matches || form["publicKey"] != options.PublicKey)
            throw new Refusal(400, "Your request contains invalid signature parameter.");
        lock (_usedTokens)
        {
            if (string.IsNullOrEmpty(token) || !_usedTokens.Add(token))
                throw new Refusal(400, "A request with this token has already been received. Generate a new token and try again.");
        }
    }

    private static bool Flag(UploadForm form, string name, bool missing) => form[name] switch
    {
        null or "" => missing,
        "true" => true,
        "false" => false,
        _ => throw new Refusal(400, $"Your request contains invalid {name} parameter."),
    };

    private static ImmutableArray<string>? ParseTags(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (text.Length > MaxTagsLength || text.Contains('%', StringComparison.Ordinal))
            throw new Refusal(400, "Your request contains invalid tags parameter.");
        ImmutableArray<string> tags = [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        return tags.IsEmpty ? null : tags;
    }

    private static T? ParseJson<T>(UploadForm form, string name)
        where T : JsonNode
    {
        if (form[name] is not { Length: > 0 } text)
            return null;
        try
        {
            if (JsonNode.Parse(text) is T json)
                return json;
        }
        catch (JsonException)
        {
        }

        throw new Refusal(400, $"Your request contains invalid {name} parameter.");
    }

    private static JsonObject? ParseTransformation(UploadForm form)
    {
        try
        {
            return ParseJson<JsonObject>(form, "transformation");
        }
        catch (Refusal)
        {
            throw new Refusal(400, "The file could not be uploaded because the transformation field is invalid.");
        }
    }
}
