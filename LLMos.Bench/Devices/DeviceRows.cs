using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LLMos.Bench.Devices;

/// <summary>Serial ports over the server, against ser2net: each on a pseudo terminal of its own, with the same board behind it.</summary>
internal static class DeviceRows
{
    private const int EchoBytes = 16, IdlePorts = 32, LogMegabytes = 8, FlashKibibytes = 1024;
    private const double EchoGoal = 0.1, HubGoal = 1.5, TelnetGoal = 1.2, FastGoal = 0.4, SlowGoal = 1.5, IdleGoal = 1, NoiseGoal = 20, FlashGoal = 1.3, Megabyte = 1e6;
    private const int NoiseBaudRate = 3_000_000;

    // A program that talks with a board, and somebody who types.
    private static readonly (int Echoes, string How)[] Rhythms = [(20, "one at once after the other"), (1, "each after a rest of 3 ms")];
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(3);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15), Settling = TimeSpan.FromSeconds(1);

    // The size of its pieces is what a chip's FIFO hands over at such a speed.
    private static readonly (int BaudRate, int PieceBytes, double? Goal)[] Speeds = [(115_200, 16, SlowGoal), (921_600, 64, null), (3_000_000, 64, FastGoal)];

    public static async Task<IReadOnlyList<Row>> MeasureAsync(string serverDll, string folder, Repetitions repetitions, TextWriter progress, CancellationToken cancellation)
    {
        List<Row> rows = [];
        await progress.WriteLineAsync("Echoes of boards …");
        rows.AddRange(await MeasureEchoesAsync(serverDll, folder, repetitions.Echoes, cancellation));
        await progress.WriteLineAsync("Boards and their watchers …");
        rows.AddRange(await MeasureWatchersAsync(serverDll, folder, repetitions, cancellation));
        await progress.WriteLineAsync("Idle ports, noise, flashing …");
        rows.Add(await MeasureIdleAsync(serverDll, repetitions.DeviceSeconds * 4, cancellation));
        rows.Add(await MeasureNoiseAsync(serverDll, repetitions.NoiseSeconds, cancellation));
        rows.Add(await MeasureFlashAsync(serverDll, repetitions.Flashes, cancellation));
        return rows;
    }

    private static async Task<IReadOnlyList<Row>> MeasureEchoesAsync(string serverDll, string folder, int repetitions, CancellationToken cancellation)
    {
        using var own = new PseudoTerminal();
        using var ownBoard = Board.Echoing(own);
        await using var server = await StartAsync(serverDll, [own], cancellation);
        var person = (await server.AddPeopleAsync(1, cancellation))[0];
        var device = await person.PortAsync(own.Path, cancellation);
        List<Row> rows = [];
        foreach (var isTelnet in new[] { false, true })
        {
            foreach (var gathers in new[] { true, false })
            {
                using var theirs = new PseudoTerminal();
                using var theirBoard = Board.Echoing(theirs);
                using var ser2net = await Ser2net.StartAsync(folder, theirs, isTelnet, gathers, cancellation);
                await using var peer = Talk.OverSocket(await ser2net.ConnectAsync(cancellation), isTelnet);
                var lease = isTelnet ? await person.LeaseAsync(device, cancellation) : null;
                await using (var measured = lease is null ? await Talk.OverHubAsync(person, device, cancellation) : await person.TelnetAsync(device, lease, cancellation))
                {
                    foreach (var (echoes, how) in Rhythms)
                    {
                        var (mine, other) = await Interleaved.MeasureAsync(
                            repetitions / echoes, "ms", () => EchoAsync(measured, echoes), () => EchoAsync(peer, echoes), cancellation, pause: Rest);
                        var what = $"an echo of {EchoBytes} bytes, {how}, over {(isTelnet ? "RFC 2217, against ser2net's" : "the hub, against ser2net's raw port")}{(gathers ? "" : ", `chardelay: false`")}";
                        rows.Add(Row.AtMost(what, mine, other, gathers ? EchoGoal : isTelnet ? TelnetGoal : HubGoal));
                    }
                }

                if (lease is not null)
                    await person.ReleaseAsync(device, lease, cancellation);
            }
        }

        return rows;
    }

    /// <returns>For one of them.</returns>
    private static async Task<double> EchoAsync(Talk talk, int echoes)
    {
        var bytes = Encoding.ASCII.GetBytes("0123456789abcde\n");
        return await Interleaved.MillisecondsAsync(async () =>
        {
            for (var echo = 0; echo < echoes; echo++)
                await talk.EchoAsync(bytes);
        }) / echoes;
    }

    private static async Task<IReadOnlyList<Row>> MeasureWatchersAsync(string serverDll, string folder, Repetitions repetitions, CancellationToken cancellation)
    {
        using var own = new PseudoTerminal();
        using var theirs = new PseudoTerminal();
        await using var server = await StartAsync(serverDll, [own], cancellation);
        var person = (await server.AddPeopleAsync(1, cancellation))[0];
        var device = await person.PortAsync(own.Path, cancellation);
        using var ser2net = await Ser2net.StartAsync(folder, theirs, isTelnet: false, gathers: true, cancellation);
        List<Row> rows = [];
        foreach (var (baudRate, pieceBytes, goal) in Speeds)
        {
            foreach (var count in new[] { 1, 10, 50 })
            {
                var bytes = (long)(baudRate / 10.0 * repetitions.DeviceSeconds);
                var lost = 0L;
                var (measured, peer) = await Interleaved.MeasureAsync(
                    repetitions.WatcherRounds, "ms of processor",
                    async () =>
                    {
                        await using var watchers = await Watchers.OverHubAsync(person, device, count, bytes, cancellation);
                        return await MeasureAsync(server.ProcessId, own, watchers);
                    },
                    async () =>
                    {
                        await using var watchers = await Watchers.OverSocketsAsync(ser2net, count, bytes, cancellation);
                        var before = lost;
                        var took = await MeasureAsync(ser2net.ProcessId, theirs, watchers);
                        lost = before;
                        return took;
                    },
                    cancellation);
                var ratio = measured.Median / peer.Median;
                var most = count == 50 ? goal : null;
                rows.Add(new(
                    $"{repetitions.DeviceSeconds:0.#} s at {baudRate.ToString("N0", CultureInfo.InvariantCulture)} bit/s, {count} {(count == 1 ? "watcher" : "watchers")}: {lost} bytes lost; server's processor time, against ser2net's",
                    measured.ToString(), peer.ToString(), ratio, most is null ? "none lost" : $"none lost; {most.Value.ToString(CultureInfo.InvariantCulture)} or less", lost == 0 && (most is null || ratio <= most)));

                async Task<double> MeasureAsync(int process, PseudoTerminal terminal, Watchers watchers)
                {
                    await Task.Delay(Settling, cancellation);
                    var before = ProcessMemory.ProcessorTime(process);
                    await Task.Run(() => Board.SendAsync(terminal, baudRate, pieceBytes, bytes, cancellation), cancellation);
                    lost += (await watchers.CountAsync(Patience)).Sum(got => bytes - got);
                    return (ProcessMemory.ProcessorTime(process) - before).TotalMilliseconds;
                }
            }
        }

        rows.Add(await MeasureStalledAsync(person, device, own, ser2net, theirs, repetitions.DeviceSeconds, cancellation));
        return rows;
    }

    // One of three stays connected and reads nothing.
    private static async Task<Row> MeasureStalledAsync(
        Person person, string device, PseudoTerminal own, Ser2net ser2net, PseudoTerminal theirs, double seconds, CancellationToken cancellation)
    {
        // More than the system's buffers of one connection hold.
        var bytes = (long)(NoiseBaudRate / 10.0 * seconds * 5);
        double mine, other;
        await using (var watchers = await Watchers.OverHubAsync(person, device, 2, bytes, cancellation))
        {
            using var stalled = await person.StallAsync(device, cancellation);
            mine = await ShareAsync(own, watchers);
        }

        await using (var watchers = await Watchers.OverSocketsAsync(ser2net, 2, bytes, cancellation))
        {
            using var stalled = await ser2net.ConnectAsync(cancellation);
            other = await ShareAsync(theirs, watchers);
        }

        return new(
            "one of three watchers never reads: what the other two get, at 3,000,000 bit/s; ser2net's", $"{mine:0.##} %", $"{other:0.##} %", mine / other, "100 %", mine >= 100);

        async Task<double> ShareAsync(PseudoTerminal terminal, Watchers watchers)
        {
            await Task.Delay(Settling, cancellation);
            // A peer that has stopped takes nothing any more: its board would wait for ever.
            var sending = Task.Run(() => Board.SendAsync(terminal, NoiseBaudRate, 64, bytes, cancellation), cancellation);
            await Task.WhenAny(sending, Task.Delay(TimeSpan.FromSeconds(seconds * 5) + Patience, cancellation));
            return (await watchers.CountAsync(Settling * 3)).Min() * 100.0 / bytes;
        }
    }

    private static async Task<Row> MeasureIdleAsync(string serverDll, double seconds, CancellationToken cancellation)
    {
        var terminals = Enumerable.Range(0, IdlePorts).Select(_ => new PseudoTerminal()).ToList();
        try
        {
            await using var server = await StartAsync(serverDll, terminals, cancellation);
            var person = (await server.AddPeopleAsync(1, cancellation))[0];
            foreach (var terminal in terminals)
                await person.PortAsync(terminal.Path, cancellation);
            await Task.Delay(Settling * 3, cancellation);
            var before = ProcessMemory.ProcessorTime(server.ProcessId);
            var begun = Stopwatch.GetTimestamp();
            await Task.Delay(TimeSpan.FromSeconds(seconds), cancellation);
            var share = (ProcessMemory.ProcessorTime(server.ProcessId) - before) / Stopwatch.GetElapsedTime(begun) * 100;
            return new($"{IdlePorts} idle ports: the server's share of a core over {seconds:0} s", $"{Samples.Number(share)} %", Peer: null, Ratio: null, $"{IdleGoal} % or less", share <= IdleGoal);
        }
        finally
        {
            terminals.ForEach(terminal => terminal.Dispose());
        }
    }

    private static async Task<Row> MeasureNoiseAsync(string serverDll, double seconds, CancellationToken cancellation)
    {
        using var own = new PseudoTerminal();
        await using var server = await StartAsync(serverDll, [own], cancellation, "--Devices:LogMegabytes", LogMegabytes.ToString(CultureInfo.InvariantCulture));
        var person = (await server.AddPeopleAsync(1, cancellation))[0];
        var device = await person.PortAsync(own.Path, cancellation);
        await Task.Run(() => Board.SendAsync(own, NoiseBaudRate, 64, NoiseBaudRate / 10, cancellation), cancellation);
        var before = ProcessMemory.ResidentBytes(server.ProcessId);
        ProcessMemory.ForgetPeak(server.ProcessId);
        await Task.Run(() => Board.SendAsync(own, NoiseBaudRate, 64, (long)(NoiseBaudRate / 10.0 * seconds), cancellation), cancellation);
        var extra = (ProcessMemory.PeakResidentBytes(server.ProcessId) - before) / Megabyte;
        var kept = await person.DeviceAsync(device, cancellation);
        var isWithin = kept.LogBytes <= LogMegabytes * 1024L * 1024;
        return new(
            $"{seconds:0} s of 3,000,000 bit/s, recorded within {LogMegabytes} MiB: the server's extra memory",
            $"{Samples.Number(extra)} MB; log {Samples.Number(kept.LogBytes / Megabyte)} MB from event {kept.FirstSequence.ToString("N0", CultureInfo.InvariantCulture)} on",
            Peer: null, Ratio: null, $"{NoiseGoal} MB or less, within the quota", extra <= NoiseGoal && isWithin);
    }

    // The same flasher and the same board made of code: behind the server, and straight at a pseudo terminal.
    private static async Task<Row> MeasureFlashAsync(string serverDll, int repetitions, CancellationToken cancellation)
    {
        await using var server = await StartAsync(serverDll, [], cancellation);
        var person = (await server.AddPeopleAsync(1, cancellation))[0];
        var (measured, peer) = await Interleaved.MeasureAsync(
            repetitions, "s",
            async () =>
            {
                var lease = await person.LeaseAsync("virtual-1", cancellation);
                var url = (await person.OfferAsync("virtual-1", lease, cancellation)).Url;
                var took = await FlashAsync(url, cancellation);
                await person.ReleaseAsync("virtual-1", lease, cancellation);
                return took;
            },
            async () =>
            {
                using var terminal = new PseudoTerminal();
                await using var board = await BoardAtTerminal.StartAsync(terminal);
                return await FlashAsync(terminal.Path, cancellation, "--no-reset");
            },
            cancellation);
        return Row.AtMost("flashing 1 MiB at 921,600 baud over RFC 2217, against the same flasher straight at the board's pseudo terminal", measured, peer, FlashGoal);
    }

    private static async Task<double> FlashAsync(string url, CancellationToken cancellation, params string[] more)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["LLMos.Tests/Devices/flash_client.py", url, FlashKibibytes.ToString(CultureInfo.InvariantCulture), "921600", .. more]) { RedirectStandardOutput = true };
        using var flasher = Process.Start(start) ?? throw new BenchException("The flasher could not be started.");
        var said = await flasher.StandardOutput.ReadToEndAsync(cancellation);
        await flasher.WaitForExitAsync(cancellation);
        if (flasher.ExitCode != 0 || !said.Contains("verified", StringComparison.Ordinal))
            throw new BenchException($"The flasher ended with {flasher.ExitCode}: {said}");
        return double.Parse(said.Split('\n').Single(line => line.StartsWith("seconds ", StringComparison.Ordinal))["seconds ".Length..], CultureInfo.InvariantCulture);
    }

    private static Task<BenchServer> StartAsync(string serverDll, IReadOnlyList<PseudoTerminal> terminals, CancellationToken cancellation, params string[] settings) =>
        BenchServer.StartAsync(serverDll, cancellation, ["--Devices:Allowed", string.Join(' ', terminals.Select(terminal => terminal.Path)), .. settings]);
}
