using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

internal static class TokenEndpoints
{
    public static void MapTokenEndpoints(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/tokens").WithTags("Tokens").RequireCookie();
        group.MapGet("", List);
        group.MapPost("", Create).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{tokenId}", Remove).ProducesProblem(StatusCodes.Status404NotFound);
    }

    public static IEnumerable<TokenAnswer> AnswerOf(AccountBook book, string accountId) =>
        from token in book.TokensOf(accountId)
        orderby token.Id
        select new TokenAnswer(token.Id, token.Name, token.CreatedAt, token.ExpiresAt);

    private static IEnumerable<TokenAnswer> List(Caller caller, AccountStore accounts) => AnswerOf(accounts.Book, caller.AccountId);

    private static async Task<CreatedTokenAnswer> Create(
        CreateTokenRequest request, Caller caller, AccountStore accounts, IOptions<AccountOptions> options, TimeProvider time,
        ILogger<AccountStore> logger, CancellationToken cancellation)
    {
        var limits = options.Value;
        var (token, text) = AccessToken.Create(caller.AccountId, request.Name, request.ExpiresInDays ?? limits.TokenDays, limits, time.GetUtcNow());
        await accounts.ChangeAsync(caller, Role.Viewer, book => book.WithToken(token, limits.MaxTokens), cancellation);
        logger.TokenCreated(caller.Name, token.Id);
        return new(token.Id, token.Name, text, token.CreatedAt, token.ExpiresAt);
    }

    private static async Task<NoContent> Remove(
        string tokenId, Caller caller, AccountStore accounts, ILogger<AccountStore> logger, CancellationToken cancellation)
    {
        await accounts.ChangeAsync(caller, Role.Viewer, book => book.WithoutToken(caller.AccountId, tokenId), cancellation);
        logger.TokenRemoved(caller.Name, tokenId);
        return TypedResults.NoContent();
    }
}
