using System.Globalization;
using System.Text;

namespace LLMos.Server.Foundation.Texts;

/// <summary>Text that a person, a program or a board gave, for a place where control characters act: a log, a terminal, a line of a list.</summary>
internal static class VisibleText
{
    private const char Ellipsis = '…';

    /// <summary>Whether no character of it acts on a terminal, hides, or turns the text around it.</summary>
    public static bool Is(string text) => text.EnumerateRunes().All(IsVisible) && !HasHalfPair(text);

    /// <summary>The text with every other character as an escape of Python's (<c>\x1b</c>, <c>\u202e</c>), so that it is one line and stays where it is written.</summary>
    /// <param name="most">Characters that are kept of it, 1 at least; one that was longer ends with an ellipsis.</param>
    public static string Of(string text, int most = int.MaxValue)
    {
        if (text.Length <= most && Is(text))
            return text;
        var shown = new StringBuilder(Math.Min(text.Length, most) + 16);
        for (var at = 0; at < text.Length;)
        {
            var isWhole = Rune.TryGetRuneAt(text, at, out var rune);
            var piece = isWhole && IsVisible(rune) ? rune.ToString() : Escape(isWhole ? rune.Value : text[at]);
            if (shown.Length + piece.Length > most)
                return shown.Append(Ellipsis).ToString();
            shown.Append(piece);
            at += isWhole ? rune.Utf16SequenceLength : 1;
        }

        return shown.ToString();
    }

    // The joiners of emoji and of several scripts are no mischief.
    private static bool IsVisible(Rune rune) => rune.Value is 0x200C or 0x200D || Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);

    // EnumerateRunes gives a box for half of a surrogate pair.
    private static bool HasHalfPair(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
                continue;
            if (!Rune.TryGetRuneAt(text, at, out _))
                return true;
            at++;
        }

        return false;
    }

    private static string Escape(int character) => character switch
    {
        <= 0xFF => string.Create(CultureInfo.InvariantCulture, $"\\x{character:x2}"),
        <= 0xFFFF => string.Create(CultureInfo.InvariantCulture, $"\\u{character:x4}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\U{character:x8}"),
    };
}
