using System.Net;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.Builder;

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
}
