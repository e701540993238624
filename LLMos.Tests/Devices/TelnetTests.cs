using LLMos.Server.Devices.Rfc2217;

namespace LLMos.Tests.Devices;

public sealed class TelnetTests
{
    // Data with an escaped 0xFF, a wish, a subnegotiation with an escaped 0xFF, a command without a part in it, data.
    private static readonly byte[] Sent = [1, 255, 255, 2, 255, 253, 44, 255, 250, 44, 1, 255, 255, 0, 255, 240, 255, 241, 3];

    [Fact]
    public void It_is_the_same_wherever_the_network_cuts_it()
    {
        for (var cut = 0; cut <= Sent.Length; cut++)
        {
            var decoder = new TelnetDecoder();
            var items = decoder.Take(Sent.AsSpan(0, cut)).Concat(decoder.Take(Sent.AsSpan(cut))).ToList();

            Assert.Equal([1, 255, 2, 3], items.Where(item => item.Verb == 0).SelectMany(item => item.Bytes));
            Assert.Equal([(Telnet.Do, Telnet.ComPort), (Telnet.Sub, Telnet.ComPort)], items.Where(item => item.Verb != 0).Select(item => (item.Verb, item.Option)));
            Assert.Equal([1, 255, 0], items.Single(item => item.Verb == Telnet.Sub).Bytes);
        }
    }

    [Fact]
    public void A_subnegotiation_without_end_is_passed_over()
    {
        var decoder = new TelnetDecoder();
        Assert.Empty(decoder.Take([255, 250, 44, 1]));
        for (var count = 0; count < 1000; count++)
            Assert.Empty(decoder.Take(new byte[10_000]));
        Assert.Equal([7], Assert.Single(decoder.Take([255, 240, 7])).Bytes);
    }

    [Theory]
    [InlineData("D0 R1 D1 R0 D0", "d r+ dr- d")]
    [InlineData("R1 R0", "r+ r-")]
    [InlineData("D1 R1 R0 D0", "D r+ r- d")]
    [InlineData("R0 D0 D1 R0 R1 D0 R1 D0 R0", "r- d D r- r+ d r+ d r-")]
    [InlineData("R1 D1 D0 R0", "r+ d r-")]
    [InlineData("R1 D1 .", "r+ D")]
    public async Task Lines_that_a_flasher_changes_one_after_the_other_change_together(string wishes, string applied)
    {
        var seen = new List<string>();
        var lines = new LineControl(signals =>
        {
            seen.Add(signals switch
            {
                { Dtr: true, Rts: false } => "dr-",
                { Dtr: { } dtr } => dtr ? "D" : "d",
                { Rts: { } rts } => rts ? "r+" : "r-",
                _ => throw new InvalidOperationException(),
            });
            return Task.CompletedTask;
        });

        foreach (var wish in wishes.Split(' '))
        {
            await (wish switch
            {
                "." => lines.ReleaseAsync(),
                ['D', var on] => lines.SetDtrAsync(on == '1'),
                [_, var on] => lines.SetRtsAsync(on == '1'),
                _ => throw new InvalidOperationException(),
            });
        }

        Assert.Equal(applied, string.Join(' ', seen));
        Assert.False(lines.IsHeld);
    }

    [Fact]
    public void Bytes_are_escaped_and_come_back()
    {
        byte[] bytes = [255, 0, 255, 255, 240];
        Assert.Equal(bytes, Assert.Single(new TelnetDecoder().Take(Telnet.Escape(bytes))).Bytes);
    }
}
