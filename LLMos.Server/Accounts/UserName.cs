namespace LLMos.Server.Accounts;

/// <summary>What a person signs in as; compared without regard to case.</summary>
internal static class UserName
{
    public const string Rule = "A user name has 1 to 64 letters, digits, '.', '_' or '-'.";

    public static readonly StringComparer Comparer = StringComparer.OrdinalIgnoreCase;

    /// <summary>ASCII only: look-alike letters of other scripts would make two people look like one.</summary>
    public static bool IsValid(string name) =>
        name.Length is >= 1 and <= 64 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
}
