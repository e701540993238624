using System.Text;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Tests.Runs;

/// <summary>A frame is taken in no larger than it may be, whatever it lists.</summary>
public sealed class WorkerFrameTests
{
    private const int Many = 1_000_000;

    [Theory]
    [InlineData("""{"type":"variables","omitted":0,"variables":[{"name":"x","type":"t","repr":"r","shape":[#""", "7,", "7]}]}")]
    [InlineData("""{"type":"variables","omitted":0,"variables":[#""", """{"name":"","type":"","repr":""},""", """{"name":"","type":"","repr":""}]}""")]
    [InlineData("""{"type":"error","name":"E","message":"m","traceback":"t","causes":[#""", """{"name":"","message":"","relation":"cause"},""", """{"name":"","message":"","relation":"cause"}]}""")]
    [InlineData("""{"type":"display","data":{#""", "\"a\":\"\",", "\"b\":\"\"}}")]
    [InlineData("""{"type":"ready","layers":{#""", "\"a\":\"\",", "\"b\":\"\"}}")]
    public void A_list_is_read_no_further_than_it_may_be_long(string before, string item, string after)
    {
        const long MostBytes = 262_144;
        var frame = Encoding.UTF8.GetBytes(before.TrimEnd('#') + new StringBuilder().Insert(0, item, Many) + after);
        var allocated = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<ProtocolException>(() => WorkerFrame.Parse(frame));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, MostBytes);
    }

    [Fact]
    public void Lists_of_the_allowed_length_are_read()
    {
        var shape = string.Join(',', Enumerable.Repeat(2, 32));
        var variables = string.Join(',', Enumerable.Repeat($$"""{"name":"x","type":"t","repr":"r","shape":[{{shape}}]}""", 200));

        var frame = WorkerFrame.Parse(Encoding.UTF8.GetBytes($$"""{"type":"variables","omitted":0,"variables":[{{variables}}]}"""));

        Assert.Equal((200, 32), (frame.Variables!.Count, frame.Variables[^1].Shape!.Count));
    }
}
