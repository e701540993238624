using System.Net;
using System.Net.Http.Json;
using LLMos.Server.Accounts;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Accounts;

public sealed class TokenTests
{
    [Fact]
    public async Task Token_acts_as_its_maker_without_the_pages_header()
    {
        await using var server = new ServerWithoutPrograms();
        using var script = server.ClientWith(await server.TokenAsync("eva", Role.Viewer));

        var account = await (await script.GetAsync("/api/v1/account")).ReadAsync<AccountAnswer>();

        Assert.Equal(("eva", Role.Viewer), (account.User, account.Role));
    }

    [Fact]
    public async Task Token_is_shown_once_and_kept_as_a_hash()
    {
        using var folder = new TemporaryFolder();
        string text;
        await using (var server = new ServerWithoutPrograms(("Data:Path", folder.Path)))
        {
            using var person = await server.SignInAsync("eva");
            var made = await CreateAsync(person, "ci");
            var listed = await person.GetStringAsync("/api/v1/tokens");

            text = made.Token;
            Assert.Matches("^llmos_[A-Za-z0-9_-]{43}$", text);
            Assert.Contains(made.Id, listed, StringComparison.Ordinal);
            Assert.DoesNotContain(text, listed, StringComparison.Ordinal);
            Assert.DoesNotContain(server.Log.Lines, line => line.Contains(text, StringComparison.Ordinal));
        }

        Assert.All(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories), file =>
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(text))));
        await using var restarted = new ServerWithoutPrograms(("Data:Path", folder.Path));
        Assert.Equal(HttpStatusCode.OK, (await restarted.ClientWith(text).GetAsync("/api/v1/account")).StatusCode);
    }

    [Fact]
    public async Task Token_ends_when_its_days_are_over()
    {
        await using var server = new ServerWithoutPrograms { Time = LLMosServer.Clock() };
        using var person = await server.SignInAsync("eva");
        var oneDay = await CreateAsync(person, "short", days: 1);
        var usual = await CreateAsync(person, "usual");
        using var script = server.ClientWith(oneDay.Token);

        server.Time!.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await script.GetAsync("/api/v1/account")).StatusCode);
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await (await script.GetAsync("/api/v1/account")).RefusedAsync(HttpStatusCode.Unauthorized, "accounts.token_invalid");
        Assert.Equal(TimeSpan.FromDays(90), usual.ExpiresAt - usual.CreatedAt);
    }

    [Fact]
    public async Task Removed_token_ends_at_once()
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva");
        var token = await CreateAsync(person, "ci");
        using var script = server.ClientWith(token.Token);

        using var removed = await person.DeleteAsync($"/api/v1/tokens/{token.Id}");

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await (await script.GetAsync("/api/v1/account")).RefusedAsync(HttpStatusCode.Unauthorized, "accounts.token_invalid");
        await (await person.DeleteAsync($"/api/v1/tokens/{token.Id}")).RefusedAsync(HttpStatusCode.NotFound, "accounts.token_not_found");
    }

    [Fact]
    public async Task Token_of_somebody_else_cannot_be_seen_or_removed()
    {
        await using var server = new ServerWithoutPrograms();
        using var eva = await server.SignInAsync("eva");
        using var max = await server.SignInAsync("max", Role.Administrator);
        var token = await CreateAsync(eva, "ci");

        Assert.Empty(await (await max.GetAsync("/api/v1/tokens")).ReadAsync<TokenAnswer[]>());
        await (await max.DeleteAsync($"/api/v1/tokens/{token.Id}")).RefusedAsync(HttpStatusCode.NotFound, "accounts.token_not_found");
    }

    [Theory]
    [InlineData("GET", "/api/v1/tokens")]
    [InlineData("POST", "/api/v1/tokens")]
    [InlineData("POST", "/api/v1/account/password")]
    [InlineData("GET", "/api/v1/people")]
    [InlineData("POST", "/api/v1/people")]
    public async Task Token_cannot_make_tokens_change_passwords_or_administer_people(string method, string path)
    {
        await using var server = new ServerWithoutPrograms();
        using var script = server.ClientWith(await server.TokenAsync("boss", Role.Administrator));

        using var answer = await script.SendAsync(new(new(method), path));

        await answer.RefusedAsync(HttpStatusCode.Forbidden, "accounts.cookie_required");
    }

    [Theory]
    [InlineData("llmos_")]
    [InlineData("llmos_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("something else")]
    public async Task Wrong_token_is_refused_even_beside_a_good_cookie(string token)
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva");
        person.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");

        using var answer = await person.GetAsync("/api/v1/account");

        await answer.RefusedAsync(HttpStatusCode.Unauthorized, "accounts.token_invalid");
    }

    [Fact]
    public async Task Token_in_the_query_counts_on_hubs_only()
    {
        await using var server = new ServerWithoutPrograms();
        var token = await server.TokenAsync("eva");

        using var answer = await server.Client().GetAsync($"/api/v1/account?access_token={token}");

        await answer.RefusedAsync(HttpStatusCode.Unauthorized, "accounts.sign_in_required");
    }

    [Fact]
    public async Task Number_of_tokens_is_bounded()
    {
        await using var server = new ServerWithoutPrograms(("Accounts:MaxTokens", "2"));
        using var person = await server.SignInAsync("eva");
        await CreateAsync(person, "one");
        await CreateAsync(person, "two");

        using var third = await person.PostAsJsonAsync("/api/v1/tokens", new { name = "three" });

        await third.RefusedAsync(HttpStatusCode.Conflict, "accounts.too_many_tokens");
    }

    [Theory]
    [InlineData("", 1, "accounts.token_name_invalid")]
    [InlineData("a\nb", 1, "accounts.token_name_invalid")]
    [InlineData("ci", 0, "accounts.token_days_invalid")]
    [InlineData("ci", -1, "accounts.token_days_invalid")]
    [InlineData("ci", 3651, "accounts.token_days_invalid")]
    [InlineData("ci", int.MaxValue, "accounts.token_days_invalid")]
    public async Task Token_needs_a_name_and_a_bounded_life(string name, int days, string code)
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva");

        using var answer = await person.PostAsJsonAsync("/api/v1/tokens", new CreateTokenRequest(name, days), Answers.Json);

        await answer.RefusedAsync(HttpStatusCode.BadRequest, code);
    }

    private static async Task<CreatedTokenAnswer> CreateAsync(HttpClient person, string name, int? days = null) =>
        await (await person.PostAsJsonAsync("/api/v1/tokens", new CreateTokenRequest(name, days))).ReadAsync<CreatedTokenAnswer>();
}
