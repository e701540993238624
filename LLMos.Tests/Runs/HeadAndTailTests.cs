using System.Text;
using LLMos.Server.Runs;

namespace LLMos.Tests.Runs;

public sealed class HeadAndTailTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Everything_is_kept_up_to_twice_the_size(int piece)
    {
        var kept = new HeadAndTail(50);

        Feed(kept, new string('a', 50) + new string('b', 50), piece);

        Assert.Equal(new(new string('a', 50) + new string('b', 50), 100, 0), kept.ToText());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Beyond_that_the_middle_is_counted(int piece)
    {
        var kept = new HeadAndTail(4);

        Feed(kept, "headmiddletail", piece);

        Assert.Equal(new("head\n… 6 bytes left out …\ntail", 14, 6), kept.ToText());
    }

    [Fact]
    public void Characters_are_not_cut()
    {
        var kept = new HeadAndTail(4);

        Feed(kept, "ab€" + "middle" + "€yz", 1000);

        Assert.Equal(new("ab\n… 12 bytes left out …\nyz", 16, 12), kept.ToText());
    }

    private static void Feed(HeadAndTail kept, string text, int piece)
    {
        foreach (var part in Encoding.UTF8.GetBytes(text).Chunk(piece))
            kept.Add(part);
    }
}
