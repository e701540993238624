using System.Net;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LLMos.Tests.Foundation;

public sealed class HttpErrorHandlerTests
{
    [Fact]
    public async Task Bug_is_answered_as_internal_with_the_trace_id_that_the_log_has()
    {
        await using var server = await ProbeServer.StartAsync(app =>
            app.MapGet("/api/v1/fail", string () => throw new InvalidOperationException("the secret reason")).AllowAnonymous());
        server.Log.Announce("the secret reason");
        using var client = server.Client();

        using var answer = await client.GetAsync("/api/v1/fail");
        var text = await answer.Content.ReadAsStringAsync();

        await answer.RefusedAsync(HttpStatusCode.InternalServerError, "internal");
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        var traceId = System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("traceId").GetString();
        Assert.Single(server.Log.Lines, line => line.Contains($"Request failed, trace id {traceId}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Request_whose_connection_the_server_has_ended_is_no_error()
    {
        await using var server = await ProbeServer.StartAsync(app => app.MapPost("/api/v1/end", async (HttpContext http) =>
        {
            http.Abort();
            await http.Request.Body.CopyToAsync(Stream.Null);
        }).AllowAnonymous());
        using var client = server.Client();

        // What reads the body and who waits for the connection's end hear of it in either order.
        for (var request = 0; request < 50; request++)
        {
            using var body = new StreamContent(new EndlessStream());
            await Assert.ThrowsAsync<HttpRequestException>(() => client.PostAsync("/api/v1/end", body));
        }
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation = default)
        {
            await Task.Yield();
            return Math.Min(buffer.Length, 1024);
        }
    }
}
