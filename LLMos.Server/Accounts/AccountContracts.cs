namespace LLMos.Server.Accounts;

/// <param name="Needed">Always true: once there is an administrator, the route is gone.</param>
public sealed record SetupAnswer(bool Needed);

/// <param name="Token">From the link in the server's log.</param>
public sealed record SetupRequest(string Token, string User, string Password);

public sealed record LoginRequest(string User, string Password);

public sealed record AccountAnswer(string Id, string User, Role Role);

/// <param name="EndTokens">Whether the person's API tokens end too.</param>
public sealed record ChangePasswordRequest(string CurrentPassword, string NewPassword, bool EndTokens = false);

/// <param name="ExpiresInDays">Missing: the server's default, 90.</param>
public sealed record CreateTokenRequest(string Name, int? ExpiresInDays = null);

public sealed record TokenAnswer(string Id, string Name, DateTime CreatedAt, DateTime ExpiresAt);

/// <param name="Token">Shown this once; the server keeps only its hash.</param>
public sealed record CreatedTokenAnswer(string Id, string Name, string Token, DateTime CreatedAt, DateTime ExpiresAt);

/// <param name="Tokens">How many API tokens the person has, expired ones included.</param>
public sealed record PersonAnswer(string Id, string User, Role Role, DateTime CreatedAt, int Tokens);

public sealed record AddPersonRequest(string User, string Password, Role Role);

/// <summary>What is missing stays as it is.</summary>
public sealed record ChangePersonRequest(Role? Role = null, string? Password = null);
