using System.Security.Claims;

namespace LLMos.Server.Accounts;

/// <summary>What a person may do; each role includes the ones before it.</summary>
public enum Role
{
    /// <summary>Reads what is shared.</summary>
    Viewer,

    /// <summary>Runs code, writes files, uses devices.</summary>
    Member,

    /// <summary>Adds people and sets limits.</summary>
    Administrator,
}

/// <summary>Who is asking, as the sign-in or the token says.</summary>
/// <param name="AccountId">Stable for the life of the account; names may change.</param>
/// <param name="Name">What the person is called, for records that people read.</param>
public sealed record Caller(string AccountId, string Name, Role Role)
{
    /// <summary>By which of the account's means: <c>person</c>, <c>token</c>, or <c>run</c> and a run's id.</summary>
    public string Via { get; init; } = "person";

    /// <summary>The sign-in's id or the token's hash, of which everything depends that this caller begins; empty: it is the server itself.</summary>
    internal string CredentialId { get; init; } = "";

    /// <exception cref="Foundation.Errors.DomainException"><c>accounts.sign_in_required</c>: nobody is signed in.</exception>
    public static Caller Of(ClaimsPrincipal? user) => Credential.CallerOf(user) ?? throw AccountErrors.SignInRequired();

    /// <summary>Lets an endpoint ask for its <see cref="Caller"/> as a parameter.</summary>
    public static ValueTask<Caller> BindAsync(HttpContext http) => ValueTask.FromResult(Of(http.User));
}
