using System.Net;
using System.Net.Http.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Accounts;

public sealed class SignInTests
{
    [Fact]
    public async Task Cookie_is_out_of_reach_of_scripts_and_other_sites()
    {
        await using var server = new ServerWithoutPrograms();
        using var person = server.Client();

        using var answer = await LoginAsync(person, LLMosServer.Administrator, LLMosServer.AnyPassword);

        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("llmos=", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("samesite=lax", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("secure", cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookie_given_over_https_is_for_https_only()
    {
        await using var server = new ServerWithoutPrograms();
        server.ClientOptions.BaseAddress = new("https://localhost");
        using var person = server.Client();

        using var answer = await LoginAsync(person, LLMosServer.Administrator, LLMosServer.AnyPassword);

        Assert.Contains("secure", Assert.Single(answer.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_user_and_wrong_password_look_the_same()
    {
        await using var server = new ServerWithoutPrograms();
        using var person = server.Client();

        using var unknown = await LoginAsync(person, "nobody", "a wrong password");
        using var wrong = await LoginAsync(person, LLMosServer.Administrator, "a wrong password");

        await unknown.RefusedAsync(HttpStatusCode.Unauthorized, "accounts.credentials_wrong");
        await wrong.RefusedAsync(HttpStatusCode.Unauthorized, "accounts.credentials_wrong");
    }

    [Fact]
    public async Task User_names_are_compared_without_case()
    {
        await using var server = new ServerWithoutPrograms();
        using var person = server.Client();

        var account = await (await LoginAsync(person, LLMosServer.Administrator.ToUpperInvariant(), LLMosServer.AnyPassword)).ReadAsync<AccountAnswer>();

        Assert.Equal(LLMosServer.Administrator, account.User);
    }

    [Fact]
    public async Task Guessing_one_name_is_limited_until_the_window_has_passed()
    {
        await using var server = new ServerWithoutPrograms(("Accounts:MaxFailuresPerUser", "2")) { Time = LLMosServer.Clock() };
        using var person = server.Client();
        await LoginAsync(person, LLMosServer.Administrator, "a wrong password");
        await LoginAsync(person, LLMosServer.Administrator, "a wrong password");

        using var limited = await LoginAsync(person, LLMosServer.Administrator, LLMosServer.AnyPassword);
        server.Time!.Advance(TimeSpan.FromMinutes(5));
        using var later = await LoginAsync(person, LLMosServer.Administrator, LLMosServer.AnyPassword);

        await limited.RefusedAsync(HttpStatusCode.TooManyRequests, "accounts.login_limited");
        Assert.Equal(TimeSpan.FromMinutes(5), limited.Headers.RetryAfter?.Delta);
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    [Fact]
    public async Task Guessing_many_names_from_one_address_is_limited()
    {
        await using var server = new ServerWithoutPrograms(("Accounts:MaxFailuresPerAddress", "3"));
        using var person = server.Client();
        foreach (var name in new[] { "anna", "bert", "carl" })
            await LoginAsync(person, name, "a wrong password");

        using var limited = await LoginAsync(person, "dora", "a wrong password");

        await limited.RefusedAsync(HttpStatusCode.TooManyRequests, "accounts.login_limited");
    }

    [Fact]
    public async Task Signing_in_often_is_not_limited()
    {
        await using var server = new ServerWithoutPrograms(("Accounts:MaxFailuresPerUser", "2"), ("Accounts:MaxFailuresPerAddress", "2"));
        using var person = server.Client();

        for (var time = 0; time < 4; time++)
            Assert.Equal(HttpStatusCode.OK, (await LoginAsync(person, LLMosServer.Administrator, LLMosServer.AnyPassword)).StatusCode);
    }

    [Fact]
    public async Task Logging_out_ends_the_session()
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva");

        using var answer = await person.PostAsync("/api/v1/logout", null);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        await (await person.GetAsync("/api/v1/account")).RefusedAsync(HttpStatusCode.Unauthorized, "accounts.sign_in_required");
    }

    [Fact]
    public async Task Copied_cookie_ends_with_the_log_out_also_after_a_restart()
    {
        using var folder = new TemporaryFolder();
        string copied, other;
        await using (var first = new ServerWithoutPrograms(("Data:Path", folder.Path)))
        {
            (copied, other) = (await CookieAsync(first), await CookieAsync(first));

            Assert.Equal(HttpStatusCode.NoContent, await AskAsync(first, copied, HttpMethod.Post, "/api/v1/logout"));

            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(first, copied));
            Assert.Equal(HttpStatusCode.OK, await AskAsync(first, other));
        }

        await using var second = new ServerWithoutPrograms(("Data:Path", folder.Path));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(second, copied));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(second, other));
    }

    [Fact]
    public async Task Cookie_that_was_renewed_ends_with_the_one_it_was_made_from()
    {
        await using var server = new ServerWithoutPrograms { Time = LLMosServer.Clock() };
        var first = await CookieAsync(server);
        server.Time!.Advance(TimeSpan.FromDays(10));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/account") { Headers = { { "Cookie", first } } };
        using var renewal = await server.Client().SendAsync(request);
        var renewed = renewal.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        server.Time.Advance(TimeSpan.FromDays(10));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, renewed));

        Assert.Equal(HttpStatusCode.NoContent, await AskAsync(server, renewed, HttpMethod.Post, "/api/v1/logout"));

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(server, first));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(server, renewed));
    }

    [Fact]
    public async Task One_sign_in_more_than_there_may_be_ends_the_oldest()
    {
        await using var server = new ServerWithoutPrograms(("Accounts:MaxSignIns", "2")) { Time = LLMosServer.Clock() };
        var cookies = new List<string>();
        for (var browser = 0; browser < 3; browser++)
        {
            cookies.Add(await CookieAsync(server));
            server.Time!.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(server, cookies[0]));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, cookies[1]));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, cookies[2]));
    }

    [Fact]
    public async Task Cookie_copied_before_ones_own_password_change_ends_with_it()
    {
        await using var server = new ServerWithoutPrograms();
        var copied = await CookieAsync(server);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/account/password") { Headers = { { "Cookie", copied } } };
        request.Content = JsonContent.Create(new ChangePasswordRequest(LLMosServer.AnyPassword, "battery staple"));
        using var changed = await server.Client().SendAsync(request);
        var fresh = changed.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(server, copied));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, fresh));
    }

    [Fact]
    public async Task Password_that_was_hashed_with_fewer_rounds_is_right_and_hashed_anew()
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva");
        var accounts = server.Services.GetRequiredService<AccountStore>();
        var old = new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = 100_000 })).HashPassword("", "an old password");
        var eva = accounts.Book.FindByName("eva")!;
        await accounts.ChangeAsync(book => book with { Accounts = book.Accounts.SetItem(eva.Id, eva with { PasswordHash = old }) }, TestContext.Current.CancellationToken);

        using var wrong = await LoginAsync(person, "eva", "another password");
        using var right = await LoginAsync(person, "eva", "an old password");
        var hash = accounts.Book.FindByName("eva")!.PasswordHash;
        using var again = await LoginAsync(person, "eva", "an old password");

        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (right.StatusCode, again.StatusCode));
        Assert.True(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(Convert.FromBase64String(hash).AsSpan(5)) >= 210_000);
        Assert.Equal(hash, accounts.Book.FindByName("eva")!.PasswordHash);
    }

    [Fact]
    public async Task Log_in_with_a_password_that_is_replaced_meanwhile_is_refused()
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva");
        var accounts = server.Services.GetRequiredService<AccountStore>();
        var before = accounts.Book.FindByName("eva")!;
        await accounts.ChangeAsync(book => book.WithChanges(before.Id, role: null, "battery staple"), TestContext.Current.CancellationToken);

        var refusal = await Assert.ThrowsAsync<DomainException>(() => accounts.ChangeAsync(
            book => book.WithSignIn(before, SignIn.Create(before.Id, 14, TimeProvider.System.GetUtcNow()), 100, newHash: null), TestContext.Current.CancellationToken));

        Assert.Equal("accounts.credentials_wrong", refusal.Error.Code);
    }

    [Theory, InlineData("/api/v1/limits", HttpStatusCode.OK), InlineData("/api/v1/no-such-route", HttpStatusCode.NotFound), InlineData("/api/v1/login", HttpStatusCode.MethodNotAllowed)]
    public async Task Request_to_a_route_that_says_nothing_of_roles_is_followed_too(string path, HttpStatusCode expected)
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva", Role.Viewer);

        Assert.Equal(expected, (await person.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task Session_slides_for_fourteen_days_and_ends_after_them()
    {
        await using var server = new ServerWithoutPrograms { Time = LLMosServer.Clock() };
        using var person = await server.SignInAsync("eva");

        server.Time!.Advance(TimeSpan.FromDays(10));
        Assert.Equal(HttpStatusCode.OK, (await person.GetAsync("/api/v1/account")).StatusCode);
        server.Time.Advance(TimeSpan.FromDays(10));
        Assert.Equal(HttpStatusCode.OK, (await person.GetAsync("/api/v1/account")).StatusCode);
        server.Time.Advance(TimeSpan.FromDays(15));
        Assert.Equal(HttpStatusCode.Unauthorized, (await person.GetAsync("/api/v1/account")).StatusCode);
    }

    [Fact]
    public async Task New_password_ends_all_other_sessions_and_keeps_this_one()
    {
        await using var server = new ServerWithoutPrograms();
        using var here = await server.SignInAsync("eva");
        using var elsewhere = await server.SignInAsync("eva");

        using var answer = await here.PostAsJsonAsync("/api/v1/account/password", new ChangePasswordRequest(LLMosServer.AnyPassword, "battery staple"));

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync("/api/v1/account")).StatusCode);
        await (await elsewhere.GetAsync("/api/v1/account")).RefusedAsync(HttpStatusCode.Unauthorized, "accounts.sign_in_required");
        await (await LoginAsync(elsewhere, "eva", LLMosServer.AnyPassword)).RefusedAsync(HttpStatusCode.Unauthorized, "accounts.credentials_wrong");
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(elsewhere, "eva", "battery staple")).StatusCode);
    }

    [Theory]
    [InlineData("a wrong password", "battery staple", HttpStatusCode.Forbidden, "accounts.password_wrong")]
    [InlineData(LLMosServer.AnyPassword, "too short", HttpStatusCode.BadRequest, "accounts.password_invalid")]
    public async Task Password_stays_when_its_change_is_refused(string current, string next, HttpStatusCode status, string code)
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva");

        using var answer = await person.PostAsJsonAsync("/api/v1/account/password", new ChangePasswordRequest(current, next));

        await answer.RefusedAsync(status, code);
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(person, "eva", LLMosServer.AnyPassword)).StatusCode);
    }

    [Fact]
    public async Task Session_survives_a_restart()
    {
        using var folder = new TemporaryFolder();
        string cookie;
        await using (var first = new ServerWithoutPrograms(("Data:Path", folder.Path)))
        {
            using var login = await LoginAsync(first.Client(), LLMosServer.Administrator, LLMosServer.AnyPassword);
            cookie = login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        }

        await using var second = new ServerWithoutPrograms(("Data:Path", folder.Path));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/account") { Headers = { { "Cookie", cookie } } };
        using var answer = await second.Client().SendAsync(request);

        Assert.Equal(LLMosServer.Administrator, (await answer.ReadAsync<AccountAnswer>()).User);
    }

    private static async Task<string> CookieAsync(LLMosServer server)
    {
        using var login = await LoginAsync(server.Client(), LLMosServer.Administrator, LLMosServer.AnyPassword);
        return login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    /// <summary>As from a browser that has only this cookie.</summary>
    private static async Task<HttpStatusCode> AskAsync(LLMosServer server, string cookie, HttpMethod? method = null, string path = "/api/v1/account")
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path) { Headers = { { "Cookie", cookie } } };
        using var answer = await server.Client().SendAsync(request);
        return answer.StatusCode;
    }

    private static Task<HttpResponseMessage> LoginAsync(HttpClient client, string user, string password) =>
        client.PostAsJsonAsync("/api/v1/login", new LoginRequest(user, password));
}
