using System.Net;
using System.Net.Http.Json;
using System.Text;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

/// <summary>The REST edge of the volumes, as a script calls it.</summary>
internal static class VolumeCalls
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task<HttpResponseMessage> PutAsync(this HttpClient client, string path, string text, string? ifMatch = null, string? ifNoneMatch = null) =>
        client.SendAsync(HttpMethod.Put, $"files/{path}", Encoding.UTF8.GetBytes(text), ifMatch, ifNoneMatch);

    public static Task<HttpResponseMessage> AppendAsync(this HttpClient client, string path, string text) =>
        client.SendAsync(HttpMethod.Post, $"files/{path}", Encoding.UTF8.GetBytes(text));

    /// <param name="route">What follows the volume, with the volume's name after the first segment: <c>files/user/a</c>.</param>
    public static async Task<HttpResponseMessage> SendAsync(
        this HttpClient client, HttpMethod method, string route, byte[]? body = null, string? ifMatch = null, string? ifNoneMatch = null)
    {
        var parts = route.Split('/', 3);
        using var request = new HttpRequestMessage(method, new Uri($"/api/v1/volumes/{parts[1]}/{parts[0]}/{(parts.Length > 2 ? parts[2] : "")}", UriKind.Relative));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new("application/octet-stream");
        }

        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (ifNoneMatch is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return await client.SendAsync(request, Cancellation);
    }

    public static async Task<Entry> WriteAsync(this HttpClient client, string path, string text)
    {
        using var answer = await client.PutAsync(path, text);
        answer.EnsureSuccessStatusCode();
        return await answer.ReadAsync<Entry>();
    }

    public static async Task<string> ReadTextAsync(this HttpClient client, string path, string query = "")
    {
        using var answer = await client.SendAsync(HttpMethod.Get, $"files/{path}{query}");
        return answer.StatusCode == HttpStatusCode.OK ? await answer.Content.ReadAsStringAsync(Cancellation) : throw new InvalidOperationException($"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Cancellation)}");
    }

    public static async Task<FolderListing> ListAsync(this HttpClient client, string path, string query = "") =>
        (await client.GetFromJsonAsync<FolderListing>($"/api/v1/volumes/{path.Split('/', 2)[0]}/folders/{(path.Contains('/', StringComparison.Ordinal) ? path.Split('/', 2)[1] : "")}{query}", Cancellation))!;

    public static Task<HttpResponseMessage> PostAsync<T>(this HttpClient client, string route, T body) =>
        client.PostAsJsonAsync($"/api/v1/volumes/{route}", body, Cancellation);
}
