using System.ComponentModel.DataAnnotations;

namespace LLMos.Server.Accounts;

/// <summary>Bounds on people, tokens and log-ins, bound from the <c>Accounts</c> section.</summary>
public sealed record AccountOptions
{
    public const string Section = "Accounts";

    [Range(1, 100_000)]
    public int MaxPeople { get; init; } = 1000;

    /// <summary>Tokens of one account, expired ones included until they are removed.</summary>
    [Range(1, 10_000)]
    public int MaxTokens { get; init; } = 100;

    /// <summary>Life of a token whose maker does not say.</summary>
    [Range(1, 3650)]
    public int TokenDays { get; init; } = 90;

    /// <summary>The most life that a token may ask for.</summary>
    [Range(1, 3650)]
    public int MaxTokenDays { get; init; } = 3650;

    /// <summary>A browser stays signed in for this long after its last request.</summary>
    [Range(1, 365)]
    public int SessionDays { get; init; } = 14;

    /// <summary>Browsers that one person may be signed in with; one more ends the one whose cookie is the oldest.</summary>
    [Range(1, 1000)]
    public int MaxSignIns { get; init; } = 100;

    /// <summary>Failed log-ins under one name within <see cref="LoginWindow"/>.</summary>
    [Range(1, 1000)]
    public int MaxFailuresPerUser { get; init; } = 10;

    /// <summary>Failed log-ins from one address (IPv6: one /64) within <see cref="LoginWindow"/>.</summary>
    [Range(1, 100_000)]
    public int MaxFailuresPerAddress { get; init; } = 30;

    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan LoginWindow { get; init; } = TimeSpan.FromMinutes(5);
}
