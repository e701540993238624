using System.Net;
using System.Net.Http.Json;
using LLMos.Server.Accounts;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Accounts;

public sealed class SetupTests
{
    [Fact]
    public async Task Link_of_the_log_makes_the_first_administrator_and_signs_in()
    {
        await using var server = LLMosServer.WithoutAdministrator();
        using var person = server.Client();

        var needed = await (await person.GetAsync("/api/v1/setup")).ReadAsync<SetupAnswer>();
        var made = await (await SetupAsync(person, await TokenOfLogAsync(server))).ReadAsync<AccountAnswer>();
        var signedIn = await (await person.GetAsync("/api/v1/account")).ReadAsync<AccountAnswer>();

        Assert.True(needed.Needed);
        Assert.Equal(("eva", Role.Administrator), (made.User, made.Role));
        Assert.Equal(made, signedIn);
    }

    [Fact]
    public async Task Wrong_token_is_refused_and_the_right_one_works_afterwards()
    {
        await using var server = LLMosServer.WithoutAdministrator();
        using var person = server.Client();

        await (await SetupAsync(person, "guess")).RefusedAsync(HttpStatusCode.Forbidden, "accounts.setup_token_wrong");
        await (await SetupAsync(person, "")).RefusedAsync(HttpStatusCode.Forbidden, "accounts.setup_token_wrong");

        (await SetupAsync(person, await TokenOfLogAsync(server))).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Route_is_dead_once_there_is_an_administrator()
    {
        await using var server = LLMosServer.WithoutAdministrator();
        using var person = server.Client();
        var token = await TokenOfLogAsync(server);
        (await SetupAsync(person, token)).EnsureSuccessStatusCode();
        using var stranger = server.Client();

        await (await stranger.GetAsync("/api/v1/setup")).RefusedAsync(HttpStatusCode.NotFound, "accounts.setup_done");
        await (await SetupAsync(stranger, token)).RefusedAsync(HttpStatusCode.NotFound, "accounts.setup_done");
    }

    [Fact]
    public async Task Only_one_of_many_at_once_becomes_administrator()
    {
        await using var server = LLMosServer.WithoutAdministrator();
        using var person = server.Client();
        var token = await TokenOfLogAsync(server);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(number => SetupAsync(server.Client(), token, $"eva-{number}")));

        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        Assert.All(answers.Where(answer => !answer.IsSuccessStatusCode), answer => Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode));
    }

    [Fact]
    public async Task Seed_makes_the_administrator_and_is_ignored_the_next_time()
    {
        using var folder = new TemporaryFolder();
        await using (var first = new ServerWithoutPrograms(("Data:Path", folder.Path)))
            (await first.SignInAsAdministratorAsync()).Dispose();

        await using var second = new ServerWithoutPrograms(("Data:Path", folder.Path), ("FirstRun:AdminPassword", "another password"));
        using var same = await second.SignInAsAdministratorAsync();

        Assert.Contains(second.Log.Lines, line => line.Contains("the FirstRun settings are ignored", StringComparison.Ordinal));
        Assert.DoesNotContain(second.Log.Lines, line => line.Contains("#setup=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Link_names_the_address_that_the_server_listens_at()
    {
        await using var server = LLMosServer.WithoutAdministrator().Listen();
        using var person = server.Client();

        await TokenOfLogAsync(server);

        Assert.Contains(server.Log.Lines, line => line.StartsWith($"Open {person.BaseAddress}#setup=", StringComparison.Ordinal));
    }

    private static Task<HttpResponseMessage> SetupAsync(HttpClient client, string token, string user = "eva") =>
        client.PostAsJsonAsync("/api/v1/setup", new SetupRequest(token, user, LLMosServer.AnyPassword));

    private static async Task<string> TokenOfLogAsync(LLMosServer server)
    {
        _ = server.Services;
        await Eventually.HoldsAsync(() => server.Log.Lines.Any(line => line.Contains("#setup=", StringComparison.Ordinal)), "the set-up link in the log");
        return server.Log.Lines.Single(line => line.Contains("#setup=", StringComparison.Ordinal)).Split("#setup=")[1].Split(' ')[0];
    }
}
