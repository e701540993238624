using System.Net;
using System.Net.Http.Json;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Accounts;

public sealed class RequestGuardTests
{
    [Fact]
    public async Task Cookie_alone_changes_nothing_without_the_pages_header()
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva");
        person.DefaultRequestHeaders.Remove("X-LLMos-Request");

        await (await person.PostAsJsonAsync("/api/v1/tokens", new { name = "ci" })).RefusedAsync(HttpStatusCode.Forbidden, "request.header_missing");
        await (await person.DeleteAsync("/api/v1/tokens/x")).RefusedAsync(HttpStatusCode.Forbidden, "request.header_missing");
        Assert.Equal(HttpStatusCode.OK, (await person.GetAsync("/api/v1/tokens")).StatusCode);
    }

    [Theory]
    [InlineData("http://localhost", HttpStatusCode.OK)]
    [InlineData("http://localhost:3000", HttpStatusCode.Forbidden)]
    [InlineData("https://elsewhere.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    public async Task Cookie_counts_on_pages_of_this_origin_only(string origin, HttpStatusCode status)
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva");
        person.DefaultRequestHeaders.Add("Origin", origin);

        using var answer = await person.GetAsync("/api/v1/account");

        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("text/json")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=none-such")]
    [InlineData(null)]
    public async Task Body_that_a_foreign_form_could_send_is_refused(string? type)
    {
        await using var server = new ServerWithoutPrograms();
        using var person = server.Client();
        using var body = new StringContent("""{"user":"eva","password":"0123456789"}""");
        body.Headers.ContentType = type is null ? null : System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);

        using var answer = await person.PostAsync("/api/v1/login", body);

        await answer.RefusedAsync(HttpStatusCode.UnsupportedMediaType, "request.media_type");
    }
}
