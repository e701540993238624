using System.Net;
using LLMos.Server.Foundation.Hosting;
using Microsoft.AspNetCore.Http;

namespace LLMos.Tests.Hosting;

public sealed class HostNameTests
{
    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:8080", true)]
    [InlineData("app.localhost", true)]
    [InlineData("127.0.0.1:8080", true)]
    [InlineData("192.168.7.20", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("[fd00::7]", true)]
    [InlineData("llmos.lan", true)]
    [InlineData("LLMOS.lan.:80", true)]
    [InlineData("a.example.org", true)]
    [InlineData("example.org", false)]
    [InlineData("badexample.org", false)]
    [InlineData("evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("evillocalhost", false)]
    [InlineData("x.llmos.lan", false)]
    public void Addresses_this_machine_and_the_configured_names_are_answered(string host, bool isAnswered) =>
        Assert.Equal(isAnswered, AllowedHosts.IsAllowed(new HostString(host), ["llmos.lan", "*.example.org"]));

    [Theory]
    [InlineData("/")]
    [InlineData("/api/v1/health/live")]
    [InlineData("/api/v1/login")]
    [InlineData("/hubs/runs/negotiate")]
    public async Task Another_name_is_refused_everywhere_with_the_setting_that_would_allow_it(string path)
    {
        await using var server = new ServerWithoutPrograms();
        using var answer = await CallAsync(server, path, "evil.example:8080");

        Assert.Contains("LLMos__Hosting__AllowedHosts", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await answer.RefusedAsync(HttpStatusCode.BadRequest, "request.host_unknown");
    }

    [Fact]
    public async Task A_configured_name_is_answered()
    {
        await using var server = new ServerWithoutPrograms(("Hosting:AllowedHosts", "llmos.lan *.example.org"));

        foreach (var host in new[] { "llmos.lan", "a.example.org:8443" })
            Assert.Equal(HttpStatusCode.OK, (await CallAsync(server, "/api/v1/health/live", host)).StatusCode);
    }

    private static async Task<HttpResponseMessage> CallAsync(LLMosServer server, string path, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = host } };
        return await server.Client().SendAsync(request, TestContext.Current.CancellationToken);
    }
}
