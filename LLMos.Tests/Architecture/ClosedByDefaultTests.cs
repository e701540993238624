using System.Net;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Architecture;

public sealed class ClosedByDefaultTests
{
    private static readonly string[] Open =
    [
        "GET /api/v1/health/live",
        "GET /api/v1/health/ready",
        "GET /api/v1/setup",
        "POST /api/v1/login",
        "POST /api/v1/setup",
    ];

    [Fact]
    public async Task Every_endpoint_refuses_strangers_but_the_few_that_let_them_in()
    {
        await using var server = new ServerWithoutPrograms();
        using var stranger = server.Client();
        var open = new List<string>();

        foreach (var (method, path) in EndpointsOf(server))
        {
            using var answer = await stranger.SendAsync(new(new(method), path), TestContext.Current.CancellationToken);
            if (answer.StatusCode != HttpStatusCode.Unauthorized)
                open.Add($"{method} {path}");
            else
                await answer.RefusedAsync(HttpStatusCode.Unauthorized, "accounts.sign_in_required");
        }

        Assert.Equal(Open, open.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<(string Method, string Path)> EndpointsOf(ServerWithoutPrograms server) =>
        from endpoint in server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods ? methods : ["GET"]
        select (method, PathOf(endpoint.RoutePattern));

    private static string PathOf(RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(segment =>
        string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart { Name: "documentName" } => "v1",
            _ => "x",
        }))));
}
