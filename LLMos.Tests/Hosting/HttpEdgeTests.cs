using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using LLMos.Tests.Volumes;

namespace LLMos.Tests.Hosting;

public sealed class HttpEdgeTests
{
    [Theory]
    [InlineData("""{"user":"eva","password":"x","extra":1}""")]
    [InlineData("""{"user":"eva","user":"max","password":"x"}""")]
    [InlineData("""{"User":"eva","Password":"x"}""")]
    [InlineData("""{"user":"eva"}""")]
    [InlineData("""{"user":"eva","password":1}""")]
    [InlineData("""{"user":"eva","password":"x",}""")]
    [InlineData("""{"user":"eva","password":"x"} // said""")]
    [InlineData("""{"user":"\ud800","password":"x"}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    public async Task Body_that_is_not_exactly_what_the_route_takes_is_malformed(string json)
    {
        await using var server = new ServerWithoutPrograms();

        using var answer = await server.Client().PostAsync("/api/v1/login", new StringContent(json, new MediaTypeHeaderValue("application/json")));

        await answer.RefusedAsync(HttpStatusCode.BadRequest, "request.malformed");
    }

    [Theory]
    [InlineData("""{"user":"eva","password":"x","extra":1}""", "extra")]
    [InlineData("""{"user":"eva"}""", "password")]
    [InlineData("""{"user":"eva","password":1}""", "$.password")]
    public async Task Malformed_body_is_told_by_what_is_wrong_in_it_not_by_the_types_of_the_server(string json, string part)
    {
        await using var server = new ServerWithoutPrograms();

        using var answer = await server.Client().PostAsync("/api/v1/login", new StringContent(json, new MediaTypeHeaderValue("application/json")));

        var told = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains(part, told, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"LLMos\.|System\.|\.NET", told);
    }

    [Fact]
    public async Task Hundred_thousand_brackets_and_invalid_utf8_are_malformed()
    {
        await using var server = new ServerWithoutPrograms();
        byte[][] bodies = [[.. Enumerable.Repeat((byte)'[', 100_000)], [.. "{\"user\":\""u8, 0xFF, .. "\",\"password\":\"x\"}"u8]];

        foreach (var bytes in bodies)
        {
            using var body = new ByteArrayContent(bytes) { Headers = { ContentType = new("application/json") } };
            await (await server.Client().PostAsync("/api/v1/login", body)).RefusedAsync(HttpStatusCode.BadRequest, "request.malformed");
        }
    }

    [Fact]
    public async Task Body_over_the_limit_is_too_large()
    {
        await using var server = new ServerWithoutPrograms(("Hosting:MaxRequestBodyBytes", "2000")).Listen();
        using var body = new StringContent($$"""{"user":"{{new string('a', 3000)}}","password":"x"}""", new MediaTypeHeaderValue("application/json"));

        using var answer = await server.Client().PostAsync("/api/v1/login", body);

        await answer.RefusedAsync(HttpStatusCode.RequestEntityTooLarge, "request.too_large");
    }

    [Fact]
    public async Task Unknown_route_and_wrong_method_are_problems_too()
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva");

        await (await person.GetAsync("/api/v1/nothing")).RefusedAsync(HttpStatusCode.NotFound, "request.not_found");
        await (await person.DeleteAsync("/api/v1/account")).RefusedAsync(HttpStatusCode.MethodNotAllowed, "request.method_not_allowed");
    }

    [Fact]
    public async Task Refusal_keeps_its_form_whatever_the_request_accepts()
    {
        await using var server = new ServerWithoutPrograms();
        using var stranger = server.Client();
        stranger.DefaultRequestHeaders.Accept.ParseAdd("text/html");

        await (await stranger.GetAsync("/api/v1/account")).RefusedAsync(HttpStatusCode.Unauthorized, "accounts.sign_in_required");
    }

    [Fact]
    public async Task Every_answer_carries_the_security_headers_refusals_included()
    {
        await using var server = new ServerWithoutPrograms();
        using var stranger = server.Client();

        foreach (var path in new[] { "/api/v1/health/live", "/api/v1/account", "/api/v1/setup" })
        {
            using var answer = await stranger.GetAsync(path);
            Assert.Contains("frame-ancestors 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
            Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
            Assert.True(answer.Headers.CacheControl?.NoStore);
        }
    }

    [Fact]
    public async Task Signed_in_people_read_version_and_openapi()
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva");

        Assert.Contains("version", await person.GetStringAsync("/api/v1/system/version"), StringComparison.Ordinal);
        Assert.Contains("/api/v1/tokens", await person.GetStringAsync("/openapi/v1.json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_cannot_write_lines_of_its_own_into_the_log()
    {
        await using var server = new ServerWithoutPrograms();

        await server.Client().GetAsync("/api/v1/x%0a05:00:00.000%20INF%20eva%20signed%20in%1b%5b2J");

        var line = Assert.Single(server.Log.Lines, line => line.Contains("eva", StringComparison.Ordinal));
        Assert.DoesNotContain(line, char.IsControl);
    }

    [Fact]
    public async Task A_long_path_or_method_takes_no_more_of_the_log_than_a_short_one()
    {
        await using var server = new ServerWithoutPrograms();
        using var stranger = server.Client();

        await stranger.GetAsync("/api/v1/long/" + new string('x', 6000));
        using var request = new HttpRequestMessage(new HttpMethod(new string('M', 3000)), "/api/v1/method");
        await stranger.SendAsync(request);

        Assert.Contains(server.Log.Lines, line => line.Contains("/api/v1/long/xxx", StringComparison.Ordinal));
        Assert.Contains(server.Log.Lines, line => line.Contains("MMM… /api/v1/method", StringComparison.Ordinal));
        Assert.All(server.Log.Lines.Where(line => line.Contains("HTTP ", StringComparison.Ordinal)), line => Assert.InRange(line.Length, 1, 600));
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080/", "127.0.0.1:8080/app/ 127.0.0.1:8080/shell/")]
    [InlineData("http://localhost/", "localhost/app/ localhost/shell/")]
    [InlineData("http://[::1]:8080/", "'self'")]
    public async Task Scripts_styles_and_fonts_of_the_page_are_its_own_files(string address, string sources)
    {
        await using var server = new ServerWithoutPrograms();
        using var answer = await server.Client().GetAsync(address + "api/v1/health/live");

        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy")).Split("; ");
        Assert.Contains("default-src 'none'", policy);
        Assert.Contains($"script-src {sources}", policy);
        Assert.Contains($"style-src {sources} 'unsafe-inline'", policy);
        Assert.Contains($"font-src {sources}", policy);
        Assert.Equal("off", Assert.Single(answer.Headers.GetValues("X-DNS-Prefetch-Control")));
    }

    [Fact]
    public async Task Requests_are_logged_without_their_query()
    {
        await using var server = new ServerWithoutPrograms();

        await server.Client().GetAsync("/api/v1/account?access_token=llmos_secret");

        Assert.Contains(server.Log.Lines, line => line.Contains("HTTP GET /api/v1/account responded 401", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains("llmos_secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connection_above_the_limit_is_closed_and_those_before_it_go_on()
    {
        await using var server = new ServerWithoutPrograms(("Hosting:MaxConnections", "1")).Listen();
        using var first = server.Client();
        (await first.GetAsync("/api/v1/health/live")).EnsureSuccessStatusCode();

        using var second = new TcpClient();
        await second.ConnectAsync(first.BaseAddress!.Host, first.BaseAddress.Port, TestContext.Current.CancellationToken);

        Assert.Equal(0, await second.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        (await first.GetAsync("/api/v1/health/live")).EnsureSuccessStatusCode();
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task Answers_are_compressed_for_who_asks_and_files_are_sent_as_they_are(string encoding)
    {
        await using var server = new ServerWithoutPrograms();
        server.Listen();
        using var ada = await server.SignInAsync("ada");
        ada.DefaultRequestHeaders.AcceptEncoding.ParseAdd(encoding);
        var json = $"[{string.Join(',', Enumerable.Range(0, 10_000))}]";
        await ada.WriteAsync("user/numbers.json", json);

        using var limits = await ada.GetAsync("/api/v1/limits", TestContext.Current.CancellationToken);
        using var file = await ada.GetAsync("/api/v1/volumes/user/files/numbers.json", TestContext.Current.CancellationToken);

        Assert.Equal([encoding], limits.Content.Headers.ContentEncoding);
        Assert.Contains("Accept-Encoding", limits.Headers.Vary);
        Assert.InRange((await limits.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length, 1, 12_000);
        Assert.Empty(file.Content.Headers.ContentEncoding);
        Assert.Equal(json, await file.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
