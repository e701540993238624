using System.Net;
using System.Net.Sockets;
using System.Text;
using LLMos.Server.Devices.Rfc2217;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace LLMos.Tests.Devices;

/// <summary>Who comes to a device's port, and who may stay.</summary>
public sealed class Rfc2217DoorTests : IAsyncLifetime
{
    private static readonly byte[] Negotiation = [255, 251, 44, 255, 253, 0];

    private readonly ScriptedDevice _board = new();
    private Rfc2217Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        await _board.TakeAsync(ScriptedDevice.Anna);
        var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(8);
        _door = new(listener, _board.Device, _board.Device.Leases.Look().Current!, _board.Time, NullLogger.Instance);
    }

    public ValueTask DisposeAsync()
    {
        _door.Dispose();
        _board.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 18\r\n\r\n{\"action\":\"reset\"}\n")]
    [InlineData("GET /x HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("{\"action\":\"reset\"}\n")]
    [InlineData("\n")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001")]
    [InlineData("ÿÿPOST")]
    public async Task What_does_not_begin_with_telnet_is_hung_up_on_and_nothing_of_it_reaches_the_board(string first)
    {
        using var client = await ConnectAsync(Encoding.Latin1.GetBytes(first));

        await EndAsync(client);

        await Eventually.HoldsAsync(() => States().Any(state => state.EndsWith("to the RFC 2217 port spoke no telnet, and was closed", StringComparison.Ordinal)), "the log tells it");
        Assert.DoesNotContain(_board.Device.Log.Read(0, 1000), happened => happened.Kind == "sent");
    }

    [Fact]
    public async Task Who_negotiates_nothing_is_hung_up_on_after_a_few_seconds_and_does_not_prolong_the_lease()
    {
        var expires = _board.Device.Leases.Look().Current!.ExpiresAt;
        using var client = await ConnectAsync([]);
        Assert.Equal(255, (await ReadAsync(client, 1))[0]);

        _board.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(expires, _board.Device.Leases.Look().Current!.ExpiresAt);
        _board.Time.Advance(TimeSpan.FromSeconds(2));

        await EndAsync(client);
        await Eventually.HoldsAsync(() => States().Any(state => state.Contains("negotiated nothing for 5 s", StringComparison.Ordinal)), "the log tells it");
    }

    [Fact]
    public async Task Who_says_nothing_keeps_nobody_out()
    {
        using var silent = await ConnectAsync([]);
        using var client = await ConnectAsync(Negotiation);

        await WriteAsync(client, "hello");
    }

    [Fact]
    public async Task A_second_client_is_told_and_hung_up_on_at_once_and_the_first_goes_on()
    {
        using var first = await ConnectAsync(Negotiation);
        await WriteAsync(first, "one");

        using var second = await ConnectAsync([]);

        Assert.Equal("Another client has this port.\r\n", await EndAsync(second));
        await WriteAsync(first, "two");
        Assert.Contains(States(), state => state.Contains("came while another client was there", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_comes_as_another_goes_is_served()
    {
        for (var count = 0; count < 20; count++)
        {
            using var client = await ConnectAsync(Negotiation);
            await WriteAsync(client, $"{count}");
        }
    }

    [Fact]
    public async Task Data_in_the_same_packet_as_the_negotiation_reaches_the_board_also_what_looks_like_http()
    {
        using var client = await ConnectAsync([.. Negotiation, .. "GET / HTTP/1.1\n"u8]);

        await Eventually.HoldsAsync(() => Sent() == "GET / HTTP/1.1\n", "the board gets it");
    }

    [Fact]
    public async Task The_log_tells_a_hundred_of_those_that_came_in_vain_and_no_more()
    {
        for (var count = 0; count < 103; count++)
        {
            using var client = await ConnectAsync("x"u8.ToArray());
            await EndAsync(client);
        }

        Assert.Equal(100, States().Count(state => state.Contains("spoke no telnet", StringComparison.Ordinal)));
    }

    private async Task<Socket> ConnectAsync(byte[] first)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(_door.Address, TestContext.Current.CancellationToken);
        if (first.Length > 0)
            await client.SendAsync(first, TestContext.Current.CancellationToken);
        return client;
    }

    private async Task WriteAsync(Socket client, string text)
    {
        var before = Sent().Length;
        await client.SendAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => Sent()[before..] == text, "the board gets it");
    }

    private static async Task<byte[]> ReadAsync(Socket client, int most)
    {
        var bytes = new byte[most];
        var count = await client.ReceiveAsync(bytes, TestContext.Current.CancellationToken).AsTask().WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);
        return bytes[..count];
    }

    /// <summary>What a client is told, without telnet's own, until it is hung up on.</summary>
    private static async Task<string> EndAsync(Socket client)
    {
        var told = new List<byte>();
        try
        {
            while (await ReadAsync(client, 1024) is { Length: > 0 } bytes)
                told.AddRange(bytes);
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Nothing of what it sent was read.
        }

        return string.Concat(new TelnetDecoder().Take([.. told]).Where(item => item.Verb == 0).Select(item => Encoding.ASCII.GetString(item.Bytes)));
    }

    private IEnumerable<string> States() => _board.Device.Log.Read(0, 10_000).Where(happened => happened.Kind == "state").Select(happened => happened.Text!);

    private string Sent() => Encoding.ASCII.GetString([.. _board.Device.Log.Read(0, 10_000).Where(happened => happened.Kind == "sent").SelectMany(happened => happened.Data!)]);
}
