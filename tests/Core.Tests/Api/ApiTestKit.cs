using System.Net;
using System.Text;
using ImageKitFs.Core.Api;
using ImageKitFs.Core.Config;
using Microsoft.Extensions.Logging;

namespace ImageKitFs.Core.Tests.Api;

/// <summary>Answers in place of the network; the script gets each request and its number, from 1.</summary>
internal sealed class StubHandler(Func<HttpRequestMessage, int, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    private int _count;

    public StubHandler(Func<HttpRequestMessage, int, HttpResponseMessage> answer)
        : this((request, number, _) => Task.FromResult(answer(request, number)))
    {
    }

    public int Count => Volatile.Read(ref _count);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        answer(request, Interlocked.Increment(ref _count), cancellationToken);

    public static HttpResponseMessage Json(string json, int status = 200, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        foreach ((string name, string value) in headers)
            response.Headers.TryAddWithoutValidation(name, value);
        return response;
    }

    public static HttpRequestException CannotConnect() => new(HttpRequestError.ConnectionError, "refused");

    public static HttpRequestException Lost() => new(HttpRequestError.ResponseEnded, "lost");
}

/// <summary>Keeps every line that is logged, at every level.</summary>
internal sealed class ListLogger : ILogger
{
    private readonly List<string> _lines = [];

    public string Text
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
            _lines.Add($"{logLevel}: {formatter(state, exception)} {exception}");
    }
}

internal static class ApiTestKit
{
    public const string KeyText = "private_example_of_a_key";

    public static readonly SecretKey Key = SecretKey.Of(KeyText);

    /// <summary>No bucket, retries after a millisecond.</summary>
    public static readonly ApiTuning Fast = new()
    {
        ReadsPerSecond = 0,
        WritesPerSecond = 0,
        FirstRetryDelay = TimeSpan.FromMilliseconds(1),
        MaxRetryDelay = TimeSpan.FromMilliseconds(5),
        BreakerFailures = 1000,
    };

    public static ImageKitEndpoints EndpointsAt(Uri origin)
    {
        IReadOnlyList<string> problems = ImageKitEndpoints.TryCreate(origin.AbsoluteUri + "demo_id", origin.AbsoluteUri, origin.AbsoluteUri, out ImageKitEndpoints? endpoints);
        return problems.Count == 0 ? endpoints! : throw new InvalidOperationException(problems[0]);
    }

    public static ImageKitApi Create(HttpMessageHandler handler, ApiTuning? tuning = null, TimeProvider? time = null, ILogger? logger = null) =>
        ImageKitApi.Create(EndpointsAt(new Uri("https://stub.example")), Key, tuning ?? Fast, time ?? TimeProvider.System, logger ?? new ListLogger(), handler);

    public static ImageKitApi Create(Uri origin, ApiTuning? tuning = null, TimeProvider? time = null) =>
        ImageKitApi.Create(EndpointsAt(origin), Key, tuning ?? Fast, time ?? TimeProvider.System, new ListLogger());

    public static UploadRequest Upload(byte[] content, bool overwrite = false) => new()
    {
        Folder = "/photos",
        FileName = "cat.jpg",
        Size = content.Length,
        OpenBody = () => new MemoryStream(content),
        Overwrite = overwrite,
    };

    public const string UploadReplyJson =
        """{"fileId":"65f0a1b2c3d4e5f607182950","name":"cat.jpg","size":4,"versionInfo":{"id":"65f0b7c1c3d4e5f6071829aa","name":"Version 2"},"filePath":"/photos/cat.jpg","url":"https://ik.imagekit.io/demo_id/photos/cat.jpg","isPrivateFile":false,"AITags":null}""";

    public const string RowJson =
        """{"type":"file","name":"cat.jpg","fileId":"65f0a1b2c3d4e5f607182950","filePath":"/photos/cat.jpg","versionInfo":{"id":"65f0b7c1c3d4e5f6071829aa","name":"Version 2"},"tags":["pet"],"customMetadata":{},"isPrivateFile":false,"url":"https://ik.imagekit.io/demo_id/photos/cat.jpg?ik-obj-version=abc.DEF_123&updatedAt=1772357400123","mime":"image/jpeg","width":640,"height":480,"size":48211,"createdAt":"2026-02-01T08:00:00.000Z","updatedAt":"2026-03-01T09:30:00.123Z"}""";
}
