using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

/// <summary>What was recorded, as a file and as lines that are looked for.</summary>
public sealed class LogFileTests(BenchServer bench) : IClassFixture<BenchServer>, IAsyncLifetime
{
    private HttpClient _viewer = null!;
    private Device _board = null!;

    public async ValueTask InitializeAsync()
    {
        _viewer = await bench.Server.SignInAsync("viewer", Role.Viewer);
        _board = await bench.NextBoardAsync();
        _board.Log.Append(RecordKind.Received, null, [0xFF, .. "temp\u00E9rature:21\r\n"u8, 0x1B, .. "[31mred\r\n"u8]);
        _board.Log.Append(RecordKind.Sent, "anna", "hello\n"u8);
    }

    public ValueTask DisposeAsync()
    {
        _viewer.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Text_has_every_byte_that_came()
    {
        using var answer = await DownloadAsync("text");
        Assert.Equal(DevicesServer.BytesOf(_board, "received"), await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("attachment", $"{Id}.log"), (answer.Content.Headers.ContentDisposition!.DispositionType, answer.Content.Headers.ContentDisposition.FileName));
    }

    [Fact]
    public async Task Hex_shows_both_ways_with_time_and_what_happened_besides()
    {
        var lines = (await TextAsync("hex")).Split('\n');
        Assert.Contains(lines, line => line.Contains(" < ff 74 65 6d 70 c3 a9 72", StringComparison.Ordinal) && line.EndsWith("|.temp..rature:21|", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains(" > 68 65 6c 6c 6f 0a", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.EndsWith(" # state: ready", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_terminal_recording_can_be_played_by_others()
    {
        var lines = (await TextAsync("cast")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, (int?)JsonNode.Parse(lines[0])!["version"]);
        var events = lines[1..].Select(line => JsonNode.Parse(line)!.AsArray()).ToList();
        Assert.Equal(events.Select(happened => (double)happened[0]!), events.Select(happened => (double)happened[0]!).Order());
        Assert.Contains("\uFFFDtemp\u00E9rature:21\r\n\u001B[31mred", string.Concat(events.Where(happened => (string?)happened[1] == "o").Select(happened => (string?)happened[2])), StringComparison.Ordinal);
        Assert.Contains(events, happened => (string?)happened[1] == "i" && (string?)happened[2] == "hello\n");
    }

    [Theory]
    [InlineData("hex")]
    [InlineData("cast")]
    [InlineData("jsonl")]
    public async Task What_people_and_lenders_wrote_does_nothing_to_a_terminal(string format)
    {
        // As a log of before has it.
        _board.Log.Append(RecordKind.Lease, "an\u001b[2Jna", "taken: \u001b]0;owned\u0007\u202e\u009b31m");

        var text = string.Join('\n', (await TextAsync(format)).Split('\n').Where(line => line.Contains("owned", StringComparison.Ordinal)));

        Assert.Contains("owned", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text, letter => letter is '\u001b' or '\u0007' or '\u202e' or '\u009b');
    }

    [Fact]
    public async Task Lines_of_JSON_are_the_events()
    {
        var events = (await TextAsync("jsonl")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<DeviceEvent>(line, JsonSerializerOptions.Web)!).ToList();
        Assert.Equal(_board.Log.Last, events[^1].Sequence);
        Assert.Equal(DevicesServer.BytesOf(_board, "received"), events.Where(happened => happened.Kind == "received").SelectMany(happened => happened.Data!));
    }

    [Fact]
    public async Task Lines_are_found_with_their_number_and_time()
    {
        using var answer = await _viewer.GetAsync($"/api/v1/devices/{Id}/log/search?pattern={Uri.EscapeDataString("rature:(\\d+)$")}");
        var findings = await answer.ReadAsync<DeviceFindings>();
        Assert.EndsWith("temp\u00E9rature:21", Assert.Single(findings.Findings).Line, StringComparison.Ordinal);
        Assert.False(findings.More);

        using var later = await _viewer.GetAsync($"/api/v1/devices/{Id}/log/search?pattern=rature&after={findings.Next}");
        Assert.Empty((await later.ReadAsync<DeviceFindings>()).Findings);
    }

    [Theory]
    [InlineData("download?format=exe", "devices.argument_invalid")]
    [InlineData("download?after=-1", "devices.after_invalid")]
    [InlineData("download?after=99999", "devices.after_invalid")]
    [InlineData("search", "devices.pattern_invalid")]
    [InlineData("search?pattern=(", "devices.pattern_invalid")]
    [InlineData("search?pattern=a&after=99999", "devices.after_invalid")]
    public async Task What_makes_no_sense_is_refused(string query, string code)
    {
        using var answer = await _viewer.GetAsync($"/api/v1/devices/{Id}/log/{query}");
        await answer.RefusedAsync(HttpStatusCode.BadRequest, code);
    }

    private string Id => _board.Identity.Id;

    private Task<HttpResponseMessage> DownloadAsync(string format) => _viewer.GetAsync($"/api/v1/devices/{Id}/log/download?format={format}");

    private async Task<string> TextAsync(string format)
    {
        using var answer = await DownloadAsync(format);
        return Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }
}
