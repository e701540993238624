using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

internal static class PeopleEndpoints
{
    public static void MapPeopleEndpoints(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/people").WithTags("People").RequireRole(Role.Administrator).RequireCookie();
        group.MapGet("", List);
        group.MapPost("", Add).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPatch("/{accountId}", Change).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("/{accountId}", Remove).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static IEnumerable<PersonAnswer> List(AccountStore accounts) =>
        accounts.Book.Accounts.Values.OrderBy(account => account.User, UserName.Comparer).Select(AnswerOf);

    private static async Task<PersonAnswer> Add(
        AddPersonRequest request, Caller caller, AccountStore accounts, IOptions<AccountOptions> options, TimeProvider time,
        ILogger<AccountStore> logger, CancellationToken cancellation)
    {
        var account = Account.Create(request.User, request.Password, request.Role, time.GetUtcNow());
        await accounts.ChangeAsync(book => book.With(account, options.Value.MaxPeople), cancellation);
        logger.PersonAdded(caller.Name, account.Id, account.Role);
        return AnswerOf(account);
    }

    private static async Task<PersonAnswer> Change(
        string accountId, ChangePersonRequest request, Caller caller, AccountStore accounts, ILogger<AccountStore> logger, CancellationToken cancellation)
    {
        var book = await accounts.ChangeAsync(book => book.WithChanges(accountId, request.Role, request.Password), cancellation);
        logger.PersonChanged(caller.Name, accountId);
        return AnswerOf(book.Get(accountId));
    }

    private static async Task<NoContent> Remove(
        string accountId, Caller caller, AccountStore accounts, ILogger<AccountStore> logger, CancellationToken cancellation)
    {
        await accounts.ChangeAsync(book => book.Without(accountId), cancellation);
        logger.PersonRemoved(caller.Name, accountId);
        return TypedResults.NoContent();
    }

    private static PersonAnswer AnswerOf(Account account) => new(account.Id, account.User, account.Role, account.CreatedAt);
}
