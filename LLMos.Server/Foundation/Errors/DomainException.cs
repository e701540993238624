namespace LLMos.Server.Foundation.Errors;

/// <summary>The only exception whose text a caller may see; every other one is a bug and stays in the log.</summary>
public sealed class DomainException(DomainError error) : Exception($"{error.Code}: {error.Detail}")
{
    public DomainError Error { get; } = error;
}
