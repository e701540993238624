using System.Net;

namespace LLMos.Tests.Hosting;

/// <summary>By the address that a refused log-in leaves in the log.</summary>
public sealed class TrustedProxyTests
{
    [Theory]
    [InlineData("", "198.51.100.7", "127.0.0.1")]
    [InlineData("203.0.113.1", "198.51.100.7", "127.0.0.1")]
    [InlineData("127.0.0.0/8", "198.51.100.7", "198.51.100.7")]
    [InlineData("127.0.0.1", "198.51.100.7", "198.51.100.7")]
    [InlineData("127.0.0.1", "192.0.2.66, 198.51.100.7", "198.51.100.7")]
    [InlineData("127.0.0.1, 10.0.0.0/8", "192.0.2.66, 198.51.100.7, 10.1.2.3", "198.51.100.7")]
    public async Task Forwarded_addresses_are_believed_from_known_proxies_only(string known, string forwarded, string address)
    {
        await using var server = new ServerWithoutPrograms(("Hosting:KnownProxies", known)).Listen();
        using var stranger = server.Client();
        using var body = new StringContent("""{"user":"eva","password":"wrong horse"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/login") { Content = body };
        request.Headers.Add("X-Forwarded-For", forwarded);
        request.Headers.Add("X-LLMos-Request", "1");

        using var answer = await stranger.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains(server.Log.Lines, line => line.Contains($"A log-in from {address} was refused", StringComparison.Ordinal));
    }
}
