using System.Net;
using System.Net.Http.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Accounts;

public sealed class PeopleTests
{
    [Fact]
    public async Task Added_person_signs_in_with_the_role_given()
    {
        await using var server = new ServerWithoutPrograms();
        using var administrator = await server.SignInAsAdministratorAsync();

        var added = await AddAsync(administrator, "eva", "viewer");
        using var eva = await server.SignInAsync("eva");

        Assert.Equal(added.Id, (await (await eva.GetAsync("/api/v1/account")).ReadAsync<AccountAnswer>()).Id);
        Assert.Equal(["eva", LLMosServer.Administrator], (await ListAsync(administrator)).Select(person => person.User));
    }

    [Theory]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Member)]
    public async Task Only_administrators_see_and_change_people(Role role)
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva", role);

        await (await person.GetAsync("/api/v1/people")).RefusedAsync(HttpStatusCode.Forbidden, "accounts.role_required");
        await (await person.DeleteAsync("/api/v1/people/x")).RefusedAsync(HttpStatusCode.Forbidden, "accounts.role_required");
    }

    [Theory]
    [InlineData("""{"user":"EVA","password":"0123456789","role":"member"}""", HttpStatusCode.Conflict, "accounts.name_taken")]
    [InlineData("""{"user":"","password":"0123456789","role":"member"}""", HttpStatusCode.BadRequest, "accounts.name_invalid")]
    [InlineData("""{"user":"eva/max","password":"0123456789","role":"member"}""", HttpStatusCode.BadRequest, "accounts.name_invalid")]
    [InlineData("""{"user":"еva","password":"0123456789","role":"member"}""", HttpStatusCode.BadRequest, "accounts.name_invalid")]
    [InlineData("""{"user":"max","password":"012345678","role":"member"}""", HttpStatusCode.BadRequest, "accounts.password_invalid")]
    [InlineData("""{"user":"max","password":"0123456789","role":"owner"}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"user":"max","password":"0123456789","role":2}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"user":"max","password":"0123456789","role":"member,administrator"}""", HttpStatusCode.BadRequest, "accounts.role_invalid")]
    [InlineData("""{"user":"max","password":"0123456789"}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"user":null,"password":"0123456789","role":"member"}""", HttpStatusCode.BadRequest, "request.malformed")]
    public async Task Person_who_cannot_be_is_not_added(string json, HttpStatusCode status, string code)
    {
        await using var server = new ServerWithoutPrograms();
        using var administrator = await server.SignInAsAdministratorAsync();
        await AddAsync(administrator, "eva", "member");

        using var answer = await administrator.PostAsync("/api/v1/people", new StringContent(json, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));

        await answer.RefusedAsync(status, code);
        Assert.Equal(2, (await ListAsync(administrator)).Length);
    }

    [Fact]
    public async Task New_role_holds_from_the_next_request_on()
    {
        await using var server = new ServerWithoutPrograms();
        using var administrator = await server.SignInAsAdministratorAsync();
        using var eva = await server.SignInAsync("eva");
        var id = await IdOfAsync(eva);

        var changed = await (await administrator.PatchAsJsonAsync($"/api/v1/people/{id}", new { role = "administrator" })).ReadAsync<PersonAnswer>();

        Assert.Equal(Role.Administrator, changed.Role);
        Assert.Equal(HttpStatusCode.OK, (await eva.GetAsync("/api/v1/people")).StatusCode);
    }

    [Fact]
    public async Task Password_set_by_an_administrator_ends_the_persons_sessions()
    {
        await using var server = new ServerWithoutPrograms();
        using var administrator = await server.SignInAsAdministratorAsync();
        using var eva = await server.SignInAsync("eva");

        (await administrator.PatchAsJsonAsync($"/api/v1/people/{await IdOfAsync(eva)}", new { password = "battery staple" })).EnsureSuccessStatusCode();

        Assert.Equal(HttpStatusCode.Unauthorized, (await eva.GetAsync("/api/v1/account")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await eva.PostAsJsonAsync("/api/v1/login", new LoginRequest("eva", "battery staple"))).StatusCode);
    }

    [Fact]
    public async Task Password_set_by_an_administrator_ends_the_persons_tokens_and_nobody_elses()
    {
        await using var server = new ServerWithoutPrograms();
        using var administrator = await server.SignInAsAdministratorAsync();
        using var thief = server.ClientWith(await server.TokenAsync("eva"));
        using var other = server.ClientWith(await server.TokenAsync("max"));

        (await administrator.PatchAsJsonAsync($"/api/v1/people/{await IdOfAsync(thief)}", new { password = "battery staple" })).EnsureSuccessStatusCode();

        await (await thief.GetAsync("/api/v1/account")).RefusedAsync(HttpStatusCode.Unauthorized, "accounts.token_invalid");
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/v1/account")).StatusCode);
    }

    [Fact]
    public async Task Administrator_sees_and_ends_the_tokens_of_a_person()
    {
        await using var server = new ServerWithoutPrograms();
        using var administrator = await server.SignInAsAdministratorAsync();
        string[] texts = [await server.TokenAsync("eva"), await server.TokenAsync("eva"), await server.TokenAsync("eva")];
        var path = $"/api/v1/people/{await IdOfAsync(server.ClientWith(texts[0]))}/tokens";

        var listed = await (await administrator.GetAsync(path)).ReadAsync<TokenAnswer[]>();
        Assert.Equal(3, (await ListAsync(administrator)).Single(person => person.User == "eva").Tokens);
        Assert.Equal(HttpStatusCode.NoContent, (await administrator.DeleteAsync($"{path}/{listed[0].Id}")).StatusCode);
        await (await administrator.DeleteAsync($"{path}/{listed[0].Id}")).RefusedAsync(HttpStatusCode.NotFound, "accounts.token_not_found");
        Assert.Equal(2, (await ListAsync(administrator)).Single(person => person.User == "eva").Tokens);
        Assert.Equal(HttpStatusCode.NoContent, (await administrator.DeleteAsync(path)).StatusCode);

        foreach (var text in texts)
            await (await server.ClientWith(text).GetAsync("/api/v1/account")).RefusedAsync(HttpStatusCode.Unauthorized, "accounts.token_invalid");
        await (await administrator.GetAsync("/api/v1/people/x/tokens")).RefusedAsync(HttpStatusCode.NotFound, "accounts.person_not_found");
        await (await administrator.DeleteAsync("/api/v1/people/x/tokens")).RefusedAsync(HttpStatusCode.NotFound, "accounts.person_not_found");
    }

    [Theory]
    [InlineData(false, HttpStatusCode.OK)]
    [InlineData(true, HttpStatusCode.Unauthorized)]
    public async Task Ones_own_new_password_ends_ones_tokens_when_that_is_asked(bool endTokens, HttpStatusCode expected)
    {
        await using var server = new ServerWithoutPrograms();
        using var eva = await server.SignInAsync("eva");
        using var script = server.ClientWith(await server.TokenAsync("eva"));

        (await eva.PostAsJsonAsync("/api/v1/account/password", new ChangePasswordRequest(LLMosServer.AnyPassword, "battery staple", endTokens))).EnsureSuccessStatusCode();

        Assert.Equal(expected, (await script.GetAsync("/api/v1/account")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await eva.GetAsync("/api/v1/account")).StatusCode);
    }

    [Fact]
    public async Task Change_by_who_lost_the_right_to_it_since_the_request_was_checked_is_refused()
    {
        await using var server = new ServerWithoutPrograms();
        using var person = await server.SignInAsync("eva", Role.Administrator);
        var accounts = server.Services.GetRequiredService<AccountStore>();
        var eva = accounts.Book.FindByName("eva")!;
        var caller = new Caller(eva.Id, "eva", Role.Administrator) { CredentialId = accounts.Book.SignIns.Values.Single(signIn => signIn.AccountId == eva.Id).Id };
        var stop = TestContext.Current.CancellationToken;
        await accounts.ChangeAsync(book => book.WithChanges(eva.Id, Role.Member, password: null), stop);

        var demoted = await Assert.ThrowsAsync<DomainException>(() => accounts.ChangeAsync(caller, Role.Administrator, book => book, stop));
        await accounts.ChangeAsync(book => book.WithoutSignIn(caller.CredentialId), stop);
        var signedOut = await Assert.ThrowsAsync<DomainException>(() => accounts.ChangeAsync(caller, Role.Viewer, book => book, stop));

        Assert.Equal(("accounts.role_required", "accounts.sign_in_required"), (demoted.Error.Code, signedOut.Error.Code));
    }

    [Fact]
    public async Task Removed_persons_sessions_and_tokens_end_at_once()
    {
        await using var server = new ServerWithoutPrograms();
        using var administrator = await server.SignInAsAdministratorAsync();
        using var script = server.ClientWith(await server.TokenAsync("eva"));
        using var eva = await server.SignInAsync("eva");

        using var removed = await administrator.DeleteAsync($"/api/v1/people/{await IdOfAsync(eva)}");

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await (await eva.GetAsync("/api/v1/account")).RefusedAsync(HttpStatusCode.Unauthorized, "accounts.sign_in_required");
        await (await script.GetAsync("/api/v1/account")).RefusedAsync(HttpStatusCode.Unauthorized, "accounts.token_invalid");
    }

    [Fact]
    public async Task Last_administrator_can_be_neither_removed_nor_demoted()
    {
        await using var server = new ServerWithoutPrograms();
        using var administrator = await server.SignInAsAdministratorAsync();
        var path = $"/api/v1/people/{await IdOfAsync(administrator)}";

        await (await administrator.DeleteAsync(path)).RefusedAsync(HttpStatusCode.Conflict, "accounts.last_administrator");
        await (await administrator.PatchAsJsonAsync(path, new { role = "member" })).RefusedAsync(HttpStatusCode.Conflict, "accounts.last_administrator");

        await AddAsync(administrator, "eva", "administrator");
        Assert.Equal(HttpStatusCode.NoContent, (await administrator.DeleteAsync(path)).StatusCode);
    }

    [Fact]
    public async Task Two_administrators_who_remove_each_other_leave_one()
    {
        await using var server = new ServerWithoutPrograms();
        using var anna = await server.SignInAsAdministratorAsync();
        using var bert = await server.SignInAsync("bert", Role.Administrator);
        var (annas, berts) = (await IdOfAsync(anna), await IdOfAsync(bert));

        var answers = await Task.WhenAll(anna.DeleteAsync($"/api/v1/people/{berts}"), bert.DeleteAsync($"/api/v1/people/{annas}"));

        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Unknown_person_is_not_found()
    {
        await using var server = new ServerWithoutPrograms();
        using var administrator = await server.SignInAsAdministratorAsync();

        await (await administrator.DeleteAsync("/api/v1/people/x")).RefusedAsync(HttpStatusCode.NotFound, "accounts.person_not_found");
        await (await administrator.PatchAsJsonAsync("/api/v1/people/x", new { role = "member" })).RefusedAsync(HttpStatusCode.NotFound, "accounts.person_not_found");
    }

    private static async Task<PersonAnswer> AddAsync(HttpClient administrator, string user, string role) =>
        await (await administrator.PostAsJsonAsync("/api/v1/people", new { user, password = LLMosServer.AnyPassword, role })).ReadAsync<PersonAnswer>();

    private static async Task<PersonAnswer[]> ListAsync(HttpClient administrator) =>
        await (await administrator.GetAsync("/api/v1/people")).ReadAsync<PersonAnswer[]>();

    private static async Task<string> IdOfAsync(HttpClient person) =>
        (await (await person.GetAsync("/api/v1/account")).ReadAsync<AccountAnswer>()).Id;
}
