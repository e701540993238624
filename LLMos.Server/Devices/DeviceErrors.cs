using System.Globalization;
using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Devices;

internal static class DeviceErrors
{
    public static DomainException NotFound() =>
        new(new(ErrorKind.NotFound, "devices.not_found", "There is no such device. Only those that the administrator's list allows are here."));

    public static DomainException Ambiguous(string name) =>
        new(new(ErrorKind.Conflict, "devices.ambiguous", $"Several devices are called '{name}': use the id of one."));

    public static DomainException Gone() =>
        new(new(ErrorKind.Unavailable, "devices.gone", "The device is not connected now; it is opened again as soon as it is back."));

    public static DomainException LendingOff() =>
        new(new(ErrorKind.Forbidden, "devices.lending_off", "Nobody may lend devices here: Devices:MaxLentEach is 0."));

    public static DomainException TooManyLent(int limit) =>
        new(new(ErrorKind.Conflict, "devices.too_many_lent", Invariant($"You lend or have lent {limit} devices, which is the limit. Remove one that is gone.")));

    public static DomainException LentElsewhere() =>
        new(new(ErrorKind.Conflict, "devices.lent_elsewhere", "The same port is lent by a newer call; this one has ended."));

    public static DomainException PortInvalid(string why) =>
        new(new(ErrorKind.Invalid, "devices.port_invalid", $"This cannot be lent: {why}"));

    public static DomainException LenderFailed(string why) =>
        new(new(ErrorKind.Unavailable, "devices.lender_failed", $"The device's lender could not do it: {why}"));

    public static DomainException Present() =>
        new(new(ErrorKind.Conflict, "devices.present", "The device is connected. Only one that is gone can be removed, with its log."));

    public static DomainException RemoveForbidden() =>
        new(new(ErrorKind.Forbidden, "devices.remove_forbidden", "Only an administrator, or who has lent it, may remove a device."));

    /// <param name="untaken">How many of the last ones handed to the line it did not take; null: not known.</param>
    public static DomainException WriteTimeout(double seconds, int? untaken = null) =>
        new(new(ErrorKind.Unavailable, "devices.write_timeout", Invariant($"The device did not take all bytes within {seconds:0} s; ")
            + (untaken is { } count ? Invariant($"the last {count} that the line was given were not sent, nor what comes after them.") : "some of them may have arrived.")));

    public static DomainException WriteTooLarge(int limit) =>
        new(new(ErrorKind.TooLarge, "devices.write_too_large", Invariant($"One write has 1 to {limit:N0} bytes. Nothing was sent.")));

    public static DomainException SettingInvalid(string setting, string bounds) =>
        new(new(ErrorKind.Invalid, "devices.setting_invalid", $"{setting} must be {bounds}. Nothing was changed."));

    public static DomainException SettingRefused(string why) =>
        new(new(ErrorKind.Conflict, "devices.setting_refused", $"This port cannot be set so: {why}"));

    public static DomainException SignalsUnsupported() =>
        new(new(ErrorKind.Conflict, "devices.signals_unsupported", "This port has no DTR and RTS lines."));

    /// <param name="holder">Who has it; null: nobody.</param>
    public static DomainException LeaseRequired(string? holder) =>
        new(new(ErrorKind.Conflict, "devices.lease_required", holder is null
            ? "This takes a lease of the device, which has none now, or not this one any more: take one first. Nothing was sent."
            : $"{holder} has the device now. Wait for it, or take it over if you may. Nothing was sent."));

    public static DomainException Flashing(string holder, DateTimeOffset since) =>
        new(new(ErrorKind.Conflict, "devices.flashing", Invariant($"{holder} is flashing the device since {since:u}. Wait for it. Nothing was sent.")));

    public static DomainException LeaseBusy(string holder, DateTimeOffset until) =>
        new(new(ErrorKind.Conflict, "devices.lease_busy", Invariant($"{holder} has the device until {until:u} at least. Ask with a longer wait, or take it over if you may.")));

    public static DomainException QueueFull(int limit) =>
        new(new(ErrorKind.Busy, "devices.queue_full", Invariant($"{limit} people wait for this device already."), RetryAfterSeconds: 10));

    public static DomainException WaitsAlready() =>
        new(new(ErrorKind.Conflict, "devices.waits_already", "You wait for this device already, in another page, program or request: each person has one place. End that wait, or wait for it."));

    public static DomainException TakeOverForbidden(string holder) =>
        new(new(ErrorKind.Forbidden, "devices.take_over_forbidden", $"{holder} has the device; only an administrator may take it from somebody else."));

    public static DomainException ArgumentInvalid(string argument, string bounds) =>
        new(new(ErrorKind.Invalid, "devices.argument_invalid", $"{argument} must be {bounds}."));

    public static DomainException PatternInvalid(string why) =>
        new(new(ErrorKind.Invalid, "devices.pattern_invalid", $"The pattern cannot be used: {why}"));

    public static DomainException CommandTimeout(double seconds) =>
        new(new(ErrorKind.Unavailable, "devices.command_timeout", Invariant($"The device did not answer within {seconds:0.#} s. Whether it did what was asked is not known.")));

    public static DomainException Restarted() =>
        new(new(ErrorKind.Unavailable, "devices.restarted", "The device restarted before it answered. Whether it did what was asked is not known."));

    public static DomainException Busy(int limit) =>
        new(new(ErrorKind.Busy, "devices.busy", Invariant($"{limit} requests wait for this device already."), RetryAfterSeconds: 1));

    public static DomainException ExpectsBusy(int limit) =>
        new(new(ErrorKind.Busy, "devices.expects_busy", Invariant($"{limit} requests wait already for what this device prints, yours or all people's together."), RetryAfterSeconds: 1));

    public static DomainException SearchBusy() =>
        new(new(ErrorKind.Busy, "devices.busy", "Somebody else searches this device's log.", RetryAfterSeconds: 1));

    public static DomainException DescribeForbidden(string holder) =>
        new(new(ErrorKind.Forbidden, "devices.describe_forbidden", $"{holder} has the device: its name and tags are changed by who has it, or by an administrator. Nothing was changed."));

    public static DomainException NamesUsedUp(int limit) =>
        new(new(ErrorKind.Forbidden, "devices.describe_forbidden", Invariant($"The device has had {limit} names, which is as many as are remembered: only an administrator may give it another one.")));

    public static DomainException NameTaken(string name) =>
        new(new(ErrorKind.Conflict, "devices.name_taken", $"Another device is or was called '{name}', and programs may open it by that name. Choose another name, or ask an administrator."));

    public static DomainException PortsBusy(string address, int first, string why) =>
        new(new(ErrorKind.Unavailable, "devices.ports_busy", Invariant($"No port for RFC 2217 could be opened at {address} from {first} on: {why}")));

    public static DomainException AfterInvalid(long after, long last) =>
        new(new(ErrorKind.Invalid, "devices.after_invalid", Invariant($"'after' must lie between 0 and {last}, the number of the last event; it was {after}.")));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
