namespace LLMos.Server.Accounts;

/// <summary>The secret of the set-up link; only its hash is kept, and only until the server stops.</summary>
internal sealed class SetupToken
{
    private volatile string? _hash;

    public string Create()
    {
        var token = Secret.Create();
        _hash = Secret.HashOf(token);
        return token;
    }

    public bool Matches(string token) => _hash is { } hash && Secret.Matches(token, hash);
}
