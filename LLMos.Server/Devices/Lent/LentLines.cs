using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Texts;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Devices.Lent;

/// <summary>The lines that people lend, each by a call that lasts as long as they do.</summary>
internal sealed partial class LentLines(DeviceRegistry registry, IOptions<DeviceOptions> options, Holdings holdings, TimeProvider time)
{
    private const int MostText = 64;

    // What a browser counts to.
    private const long MostNumber = (1L << 53) - 1;

    // Several times what a serial line brings. Who sends more is read later, and waits.
    private const double BytesPerSecond = 4 * 1024 * 1024, Burst = 2 * 1024 * 1024;

    // Of one report: an empty one is not free either.
    private const int ReportCost = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LentLine> _lines = new(StringComparer.Ordinal);

    /// <summary>Lends a port, or goes on lending it after the connection was lost.</summary>
    /// <remarks>Not an iterator itself: it must refuse while SignalR's filters still listen.</remarks>
    /// <exception cref="DomainException"><c>devices.lending_off</c>, <c>devices.too_many_lent</c>, <c>devices.port_invalid</c>, <c>devices.gone</c>, <c>accounts.sign_in_required</c>, <c>accounts.role_required</c>.</exception>
    public IAsyncEnumerable<LineOrder> Lend(Caller caller, LentPort port, IAsyncEnumerable<LentReport> reports, CancellationToken cancellation)
    {
        if (options.Value.MaxLentEach == 0)
            throw DeviceErrors.LendingOff();
        Check(port);
        holdings.Require(caller, Role.Member);
        var line = Find(caller, port);
        try
        {
            // Also while its lender is away; one that comes back may have another credential.
            line.HeldBy(holdings.Enter(caller, Role.Member, why => line.End($"its lender may not lend it any more. {why}")));
        }
        catch (DomainException refusal)
        {
            // Unless another credential of the lender's has lent it.
            if (!line.IsHeld)
                line.End($"its lender may not lend it any more. {refusal.Error.Detail}");
            throw;
        }

        return OrdersAsync(line, line.Attach(port), reports, cancellation);
    }

    private async IAsyncEnumerable<LineOrder> OrdersAsync(
        LentLine line, Channel<LineOrder> lender, IAsyncEnumerable<LentReport> reports, [EnumeratorCancellation] CancellationToken cancellation)
    {
        _ = TakeAsync(line, lender, reports, cancellation);
        try
        {
            await foreach (var order in lender.Reader.ReadAllAsync(cancellation))
                yield return order;
        }
        finally
        {
            line.Detach(lender);
        }
    }

    private async Task TakeAsync(LentLine line, Channel<LineOrder> lender, IAsyncEnumerable<LentReport> reports, CancellationToken cancellation)
    {
        try
        {
            var (begun, taken) = (time.GetTimestamp(), 0.0);
            await foreach (var report in reports.WithCancellation(cancellation))
            {
                if (!line.Take(lender, report))
                    break;
                taken += ReportCost + (report.Data?.Length ?? 0);
                var ahead = (taken - Burst) / BytesPerSecond - time.GetElapsedTime(begun).TotalSeconds;
                if (ahead > 0)
                    await Task.Delay(TimeSpan.FromSeconds(ahead), time, cancellation);
                else if (ahead < -Burst / BytesPerSecond)
                    (begun, taken) = (time.GetTimestamp(), 0);
            }
        }
        catch (DomainException misuse)
        {
            lender.Writer.TryComplete(new HubException(misuse.Message));
        }
        catch (Exception ended) when (ended is OperationCanceledException or HubException)
        {
            // Its connection is lost, or its stream was broken off.
        }
        finally
        {
            line.Detach(lender);
        }
    }

    private LentLine Find(Caller caller, LentPort port)
    {
        var id = "lent-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{caller.AccountId}\n{port.Key}")))[..16];
        lock (_gate)
        {
            var before = _lines.GetValueOrDefault(id);
            if (before is { IsOver: false })
            {
                if (before.Epoch == port.Epoch)
                    return before;
                before.End("its lender has opened it anew.");
            }

            registry.Lend(new(id, port.Name, null, port.Usb, new(caller.AccountId, caller.Name)), (settings, listener) =>
                _lines[id] = new LentLine(id, port, before, settings, listener, TimeSpan.FromSeconds(options.Value.LentGraceSeconds), time));
            return _lines[id];
        }
    }

    private static void Check(LentPort port)
    {
        foreach (var (name, text) in new[] { ("key", port.Key), ("epoch", port.Epoch), ("name", port.Name) })
        {
            if (text is not { Length: > 0 and <= MostText } || !VisibleText.Is(text))
                throw DeviceErrors.PortInvalid($"{name} must have 1 to {MostText} characters that can be seen.");
        }

        if (port.Usb is not null && !UsbPattern().IsMatch(port.Usb))
            throw DeviceErrors.PortInvalid("usb must be vendor and product, such as 303a:1001.");
        if (new[] { port.Done, port.Offset, port.Sent }.Any(number => number is < 0 or > MostNumber))
            throw DeviceErrors.PortInvalid($"done, offset and sent must be 0 to {MostNumber}.");
    }

    [GeneratedRegex(@"\A[0-9a-f]{4}:[0-9a-f]{4}\z")]
    private static partial Regex UsbPattern();
}
