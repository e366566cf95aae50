using Microsoft.Extensions.Logging;

namespace ImageKitFs.Cli.Telemetry;

/// <summary>Sees how a collector answers, and says once that it does not take the metrics, and once that it does again. The exporter itself says nothing.</summary>
internal sealed partial class CollectorWatch(Uri collector, ILogger log)
{
    private int _isFailing;

    public HttpClient CreateClient(TimeSpan timeout) => new(new Handler(this)) { Timeout = timeout };

    private void Failed(Exception exception) =>
        Saw(exception is HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http ? http.HttpRequestError.ToString() : "no answer");

    private void Saw(string? problem)
    {
        if (problem is null)
        {
            if (Interlocked.Exchange(ref _isFailing, 0) != 0)
                LogAnswers(log, collector.Authority);
        }
        else if (Interlocked.Exchange(ref _isFailing, 1) == 0)
        {
            LogFails(log, collector.Authority, problem);
        }
    }

    [LoggerMessage(3, LogLevel.Warning, "Metrics could not be sent to {Collector}: {Problem}. They are tried again; said once until it works.")]
    private static partial void LogFails(ILogger log, string collector, string problem);

    [LoggerMessage(4, LogLevel.Information, "Metrics are sent to {Collector} again.")]
    private static partial void LogAnswers(ILogger log, string collector);

    private sealed class Handler(CollectorWatch watch) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Judge(base.Send(request, cancellationToken));
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                watch.Failed(e);
                throw;
            }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return Judge(await base.SendAsync(request, cancellationToken));
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                watch.Failed(e);
                throw;
            }
        }

        private HttpResponseMessage Judge(HttpResponseMessage response)
        {
            watch.Saw(response.IsSuccessStatusCode ? null : $"it answered {(int)response.StatusCode}");
            return response;
        }
    }
}
