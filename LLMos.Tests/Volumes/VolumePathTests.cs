using LLMos.Server.Foundation.Errors;
using LLMos.Server.Volumes;

namespace LLMos.Tests.Volumes;

public sealed class VolumePathTests
{
    private static readonly string LongName = new('n', VolumePath.MaxNameBytes);

    public static TheoryData<string> Refused =>
    [
        "", "/", "/user", "users", "users/a", "User/a", "USER", " user/a", "user /a", "userx", "..", ".", "./user/a", "../user/a", "~", "C:/a", "file:///user/a",
        "user//a", "user/a//b", "user/a/", "user//", "//user/a", "user/.", "user/..", "user/./a", "user/a/.", "user/../team/a", "user/a/../../team", "user/a/..",
        "user\\a", "user/a\\b", "user/\\", "user/a\0", "user/\0", "user/a\nb", "user/a\rb", "user/\t", "user/\u001b[31m", "user/\u007f", "user/\u0085", "user/\u009f",
        "user/\ud800", "user/\udc00", "user/a\ud83d", "user/\ude00\ud83d", "user\0/a", "team\n",
    ];

    [Theory, MemberData(nameof(Refused))]
    public void What_is_no_path_is_refused(string text) => AssertRefused(text);

    [Fact]
    public void Lengths_and_depth_are_bounded_exactly()
    {
        Assert.Equal(LongName, VolumePath.Parse($"user/{LongName}").Name);
        AssertRefused($"user/{LongName}n");
        // Two bytes each in UTF-8.
        Assert.Equal(127, VolumePath.Parse($"user/{new string('ä', 127)}").Name.Length);
        AssertRefused($"user/{new string('ä', 128)}");

        var deep = "user" + string.Concat(Enumerable.Repeat("/d", VolumePath.MaxDepth));
        Assert.Equal(VolumePath.MaxDepth, VolumePath.Parse(deep).Segments.Length);
        AssertRefused(deep + "/d");

        var parts = string.Concat(Enumerable.Repeat("/" + LongName, 15));
        var longest = "user" + parts + "/" + new string('r', VolumePath.MaxPathBytes - 4 - parts.Length - 1);
        Assert.Equal(VolumePath.MaxPathBytes, VolumePath.Parse(longest).ToString().Length);
        AssertRefused(longest + "r");
        AssertRefused("user/" + new string('x', 10_000_000));
    }

    [Theory]
    [InlineData("user/e\u0301", "user/\u00e9")]
    [InlineData("user/A\u030a/\u212b", "user/\u00c5/\u00c5")]
    [InlineData("user/\u1100\u1161\u11a8", "user/\uac01")]
    [InlineData("user/q\u0307\u0323", "user/q\u0323\u0307")]
    [InlineData("user/\u0958", "user/\u0915\u093c")]
    [InlineData("user/o\u0328\u0304", "user/\u01ed")]
    public void Names_are_composed_so_that_what_looks_alike_is_one(string text, string composed)
    {
        Assert.Equal(composed, VolumePath.Parse(text).ToString());
        Assert.Equal(VolumePath.Parse(composed), VolumePath.Parse(text));
    }

    [Theory]
    [InlineData("user")]
    [InlineData("user/")]
    public void A_volume_alone_is_its_root(string text)
    {
        var path = VolumePath.Parse(text);

        Assert.True(path.IsRoot);
        Assert.Equal(("user", "user", path), (path.ToString(), path.Name, path.Parent));
    }

    [Theory]
    [InlineData("user/a b")]
    [InlineData("user/ ")]
    [InlineData("user/...")]
    [InlineData("user/.hidden")]
    [InlineData("user/a:b*c?d\"e<f>g|h")]
    [InlineData("user/%2e%2e/%00")]
    [InlineData("user/con")]
    [InlineData("user/\u202egpj.exe")]
    [InlineData("team/日本語/😀")]
    [InlineData("system/README.md")]
    public void Anything_else_is_a_name_as_it_stands(string text) => Assert.Equal(text, VolumePath.Parse(text).ToString());

    [Fact]
    public void Case_counts() => Assert.NotEqual(VolumePath.Parse("user/a"), VolumePath.Parse("user/A"));

    [Fact]
    public void Within_goes_by_segment()
    {
        var folder = VolumePath.Parse("user/a");

        Assert.True(VolumePath.Parse("user/a").IsWithin(folder));
        Assert.True(VolumePath.Parse("user/a/b/c").IsWithin(folder));
        Assert.False(VolumePath.Parse("user/ab").IsWithin(folder));
        Assert.False(VolumePath.Parse("team/a/b").IsWithin(folder));
        Assert.False(VolumePath.Parse("user").IsWithin(folder));
        Assert.Equal(VolumePath.Parse("user/a/b/c"), folder.Join("b/c"));
        Assert.Throws<DomainException>(() => folder.Join("../b"));
    }

    [Fact]
    public void A_refusal_shows_no_character_that_turns_the_sentence_round()
    {
        var refusal = Assert.Throws<DomainException>(() => VolumePath.Parse("user/\u202e\u200b\n" + new string('x', 5000))).Error.Detail;

        Assert.DoesNotContain(refusal, character => character is '\u202e' or '\u200b' or '\n');
        Assert.InRange(refusal.Length, 1, 400);
    }

    private static void AssertRefused(string text) =>
        Assert.Equal("volumes.path_invalid", Assert.Throws<DomainException>(() => VolumePath.Parse(text)).Error.Code);
}
