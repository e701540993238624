using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

internal static class PeopleEndpoints
{
    public static void MapPeopleEndpoints(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/people").WithTags("People").RequireRole(Role.Administrator).RequireCookie().WithMetadata(new LiveConnections.AnsweredToTheEnd());
        group.MapGet("", List);
        group.MapPost("", Add).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPatch("/{accountId}", Change).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{accountId}", Remove).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapGet("/{accountId}/tokens", ListTokens).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapDelete("/{accountId}/tokens", RemoveTokens).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapDelete("/{accountId}/tokens/{tokenId}", RemoveToken).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static IEnumerable<PersonAnswer> List(AccountStore accounts)
    {
        var book = accounts.Book;
        var tokens = book.TokensByHash.Values.CountBy(token => token.AccountId).ToDictionary();
        return book.Accounts.Values.OrderBy(account => account.User, UserName.Comparer).Select(account => AnswerOf(account, tokens.GetValueOrDefault(account.Id)));
    }

    private static async Task<PersonAnswer> Add(
        AddPersonRequest request, Caller caller, AccountStore accounts, IOptions<AccountOptions> options, TimeProvider time,
        ILogger<AccountStore> logger, CancellationToken cancellation)
    {
        var account = Account.Create(request.User, request.Password, request.Role, time.GetUtcNow());
        await accounts.ChangeAsync(caller, Role.Administrator, book => book.With(account, options.Value.MaxPeople), cancellation);
        logger.PersonAdded(caller.Name, account.Id, account.Role);
        return AnswerOf(account, tokens: 0);
    }

    private static async Task<PersonAnswer> Change(
        string accountId, ChangePersonRequest request, Caller caller, AccountStore accounts, ILogger<AccountStore> logger, CancellationToken cancellation)
    {
        var book = await accounts.ChangeAsync(caller, Role.Administrator, book => book.WithChanges(accountId, request.Role, request.Password), cancellation);
        logger.PersonChanged(caller.Name, accountId);
        return AnswerOf(book.Get(accountId), book.TokensOf(accountId).Count());
    }

    private static async Task<NoContent> Remove(
        string accountId, Caller caller, AccountStore accounts, ILogger<AccountStore> logger, CancellationToken cancellation)
    {
        await accounts.ChangeAsync(caller, Role.Administrator, book => book.Without(accountId), cancellation);
        logger.PersonRemoved(caller.Name, accountId);
        return TypedResults.NoContent();
    }

    private static IEnumerable<TokenAnswer> ListTokens(string accountId, AccountStore accounts) => TokenEndpoints.AnswerOf(accounts.Book, accounts.Book.Get(accountId).Id);

    private static async Task<NoContent> RemoveTokens(
        string accountId, Caller caller, AccountStore accounts, ILogger<AccountStore> logger, CancellationToken cancellation)
    {
        await accounts.ChangeAsync(caller, Role.Administrator, book => book.WithoutTokens(accountId), cancellation);
        logger.TokensRemoved(caller.Name, accountId);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> RemoveToken(
        string accountId, string tokenId, Caller caller, AccountStore accounts, ILogger<AccountStore> logger, CancellationToken cancellation)
    {
        await accounts.ChangeAsync(caller, Role.Administrator, book => book.WithoutToken(accountId, tokenId), cancellation);
        logger.TokenRemoved(caller.Name, tokenId);
        return TypedResults.NoContent();
    }

    private static PersonAnswer AnswerOf(Account account, int tokens) => new(account.Id, account.User, account.Role, account.CreatedAt, tokens);
}
