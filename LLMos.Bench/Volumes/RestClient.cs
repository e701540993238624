using System.Net.Http.Json;

namespace LLMos.Bench.Volumes;

/// <summary>Asks a server for files over connections that stay open.</summary>
/// <param name="root">Such as <c>http://127.0.0.1:8080/api/v1/volumes/user/files/</c>.</param>
internal sealed class RestClient(Uri root, string? token = null) : IDisposable
{
    private const int CopyBytes = 1024 * 1024;

    private readonly HttpClient _client = new(new SocketsHttpHandler())
    {
        BaseAddress = root,
        DefaultRequestHeaders = { Authorization = token is null ? null : new("Bearer", token) },
    };

    public async Task PutAsync(string path, HttpContent content, CancellationToken cancellation)
    {
        content.Headers.ContentType = new("application/octet-stream");
        using var answer = await _client.PutAsync(new Uri(path, UriKind.Relative), content, cancellation);
        await RequireSuccessAsync(answer, cancellation);
    }

    public async Task<byte[]> GetAsync(string path, CancellationToken cancellation)
    {
        using var answer = await _client.GetAsync(new Uri(path, UriKind.Relative), cancellation);
        await RequireSuccessAsync(answer, cancellation);
        return await answer.Content.ReadAsByteArrayAsync(cancellation);
    }

    /// <summary>Writes what is at <paramref name="path"/> into a file, durably.</summary>
    public async Task DownloadAsync(string path, string file, CancellationToken cancellation)
    {
        using var answer = await _client.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellation);
        await RequireSuccessAsync(answer, cancellation);
        await using var target = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        await (await answer.Content.ReadAsStreamAsync(cancellation)).CopyToAsync(target, CopyBytes, cancellation);
        target.Flush(flushToDisk: true);
    }

    public async Task PostAsync<T>(string path, T body, CancellationToken cancellation)
    {
        using var answer = await _client.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, cancellation);
        await RequireSuccessAsync(answer, cancellation);
    }

    public void Dispose() => _client.Dispose();

    private static async Task RequireSuccessAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        if (!answer.IsSuccessStatusCode)
            throw new BenchException($"{answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellation)}");
    }
}
