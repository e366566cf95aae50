using System.Net.Http.Headers;
using System.Text;

namespace ImageKitFs.Cli.Tests.Support;

/// <summary>Requests of somebody else to a running emulator.</summary>
internal static class Emulators
{
    /// <summary>Changes an emulator's switches.</summary>
    public static Task SetAsync(string urlEndpoint, string json) => PostAsync(urlEndpoint, "", "__options", json);

    /// <summary>One POST.</summary>
    public static async Task PostAsync(string urlEndpoint, string key, string path, string json)
    {
        using HttpClient client = new();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":")));
        using StringContent content = new(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.PostAsync(new Uri(new Uri(urlEndpoint), "/" + path), content);
        response.EnsureSuccessStatusCode();
    }
}
