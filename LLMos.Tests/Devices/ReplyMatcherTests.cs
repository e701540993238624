using System.Text;
using System.Text.Json.Nodes;
using LLMos.Server.Devices;

namespace LLMos.Tests.Devices;

public sealed class ReplyMatcherTests
{
    private const string Reply = """{"status":"ok","pin":4,"value":17}""";

    [Theory]
    [InlineData(Reply + "\n")]
    [InlineData(Reply + "\r\n")]
    [InlineData("I (12) wifi: connected\n\x1b[0;32mI (13) app: x\x1b[0m\n" + Reply + "\n")]
    [InlineData("""{"event":"button","status":"ok"}""" + "\n" + Reply + "\n")]
    [InlineData("""{"action":"read_adc","pin":4,"id":1}""" + "\n" + Reply + "\n")]
    [InlineData("I (99) gpio: before " + Reply + "\n")]
    [InlineData("""{"status":"ok",I (7) heap: low""" + "\n" + Reply + "\n")]
    [InlineData("""{"status":"ok","pin":5,"value":1}""" + "\n" + Reply + "\n")]
    [InlineData("""{"status":"ok","id":77,"pin":4,"value":1}""" + "\n" + Reply + "\n")]
    [InlineData("\xff\xfe{{{{\n" + Reply + "\n")]
    [InlineData("""{"status":"ok","pin":4,"pin":4}""" + "\n" + Reply + "\n")]
    [InlineData("""{"status":"\ud800","pin":4}""" + "\n" + Reply + "\n")]
    public void The_reply_is_found_whatever_comes_between(string printed)
    {
        foreach (var piece in new[] { 1, 3, 10_000 })
        {
            var matcher = New();
            var finding = Encoding.Latin1.GetBytes(printed).Chunk(piece).Select(bytes => matcher.Take(bytes)).FirstOrDefault(found => found != ReplyMatcher.Finding.Nothing);
            Assert.Equal(ReplyMatcher.Finding.Reply, finding);
            Assert.Equal(17, (int)matcher.Reply!["value"]!);
        }
    }

    [Fact]
    public void Firmware_that_echoes_ids_is_believed_by_the_id_alone()
    {
        var matcher = New(echoesIds: true);
        Assert.Equal(ReplyMatcher.Finding.Nothing, matcher.Take("{\"status\":\"ok\",\"pin\":4}\n"u8));
        Assert.Equal(ReplyMatcher.Finding.Reply, matcher.Take("{\"status\":\"ok\",\"id\":1}\n"u8));
        Assert.True(matcher.EchoedId);
    }

    [Theory]
    [InlineData("ets Jul 29 2019 12:21:46\r\n")]
    [InlineData("rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\n")]
    [InlineData("ESP-ROM:esp32s3-20210327\n")]
    public void A_boot_banner_means_that_no_reply_comes(string printed) => Assert.Equal(ReplyMatcher.Finding.Restarted, New().Take(Encoding.ASCII.GetBytes(printed)));

    [Fact]
    public void A_line_without_end_takes_no_more_memory_than_a_line_may_have()
    {
        var matcher = New();
        for (var count = 0; count < 1000; count++)
            Assert.Equal(ReplyMatcher.Finding.Nothing, matcher.Take(new byte[10_000]));
        Assert.Equal(ReplyMatcher.Finding.Reply, matcher.Take(Encoding.ASCII.GetBytes("\n" + Reply + "\n")));
    }

    private static ReplyMatcher New(bool echoesIds = false) => new(new JsonObject { ["action"] = "read_adc", ["pin"] = 4, ["id"] = 1 }, echoesIds);
}
