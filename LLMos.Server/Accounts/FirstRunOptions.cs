using System.ComponentModel.DataAnnotations;

namespace LLMos.Server.Accounts;

/// <summary>The first administrator, bound from the <c>FirstRun</c> section; ignored once there is one. Empty: the log shows a set-up link.</summary>
public sealed record FirstRunOptions : IValidatableObject
{
    public const string Section = "FirstRun";

    public string? AdminUser { get; init; }

    public string? AdminPassword { get; init; }

    public bool IsGiven => !string.IsNullOrEmpty(AdminUser);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IsGiven && !UserName.IsValid(AdminUser!))
            yield return new(UserName.Rule, [nameof(AdminUser)]);
        if (IsGiven && !Password.IsValid(AdminPassword ?? ""))
            yield return new(Password.Rule, [nameof(AdminPassword)]);
        if (!IsGiven && !string.IsNullOrEmpty(AdminPassword))
            yield return new("AdminPassword is given without AdminUser.", [nameof(AdminUser)]);
    }
}
