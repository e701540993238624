using LLMos.Server.Foundation.Texts;

namespace LLMos.Tests.Foundation;

public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("Grüße, 電圧 5 V 👩‍🔬", "Grüße, 電圧 5 V 👩‍🔬")]
    [InlineData("\u001b]0;owned\u0007", @"\x1b]0;owned\x07")]
    [InlineData("one\r\ntwo\tthree\u0085\u2028four", @"one\x0d\x0atwo\x09three\x85\u2028four")]
    [InlineData("\u202edrow\u2066\u061c\u200b\ufeff", @"\u202edrow\u2066\u061c\u200b\ufeff")]
    [InlineData("\u009b31m\u007f\u00ad", @"\x9b31m\x7f\xad")]
    [InlineData("\U000e0041", @"\U000e0041")]
    public void What_acts_or_hides_is_shown_as_an_escape_and_the_rest_as_it_is(string text, string shown)
    {
        Assert.Equal(shown, VisibleText.Of(text));
        Assert.Equal(text == shown, VisibleText.Is(text));
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_shown_as_an_escape()
    {
        var text = "a" + (char)0xD83D + "b";

        Assert.Equal(@"a\ud83db", VisibleText.Of(text));
        Assert.False(VisibleText.Is(text));
    }

    [Fact]
    public void Longer_text_is_cut_between_characters_and_says_so()
    {
        Assert.Equal("aaaa…", VisibleText.Of("aaaaaa", 4));
        Assert.Equal("aaa…", VisibleText.Of("aaa👩bb", 4));
        Assert.Equal(@"a\x1b…", VisibleText.Of("a\u001b\u001b", 5));
        Assert.Equal("aaaa", VisibleText.Of("aaaa", 4));
    }
}
