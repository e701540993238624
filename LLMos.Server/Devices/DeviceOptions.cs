using System.ComponentModel.DataAnnotations;

namespace LLMos.Server.Devices;

/// <summary>Which devices there are and what holds for them, bound from the <c>Devices</c> section.</summary>
public sealed record DeviceOptions
{
    public const string Section = "Devices";

    /// <summary>Serial ports that may be opened: paths below any folder, with <c>*</c> and <c>?</c> in the last part, separated by spaces. Nothing else is ever opened.</summary>
    public string? Allowed { get; init; }

    /// <summary>Boards made of code that come with the product.</summary>
    [Range(0, 32)]
    public int Virtual { get; init; } = 1;

    /// <summary>Recordings that are played as devices: paths of files, separated by spaces.</summary>
    public string? Replay { get; init; }

    /// <summary>Ports that are open at the same time; others are left alone.</summary>
    [Range(1, 256)]
    public int MaxPorts { get; init; } = 64;

    /// <summary>Devices that one person may lend, those that are gone but not removed included; 0: nobody may lend.</summary>
    [Range(0, 64)]
    public int MaxLentEach { get; init; } = 8;

    /// <summary>Seconds that a lent device waits for a lender whose connection was lost.</summary>
    [Range(1, 600)]
    public int LentGraceSeconds { get; init; } = 15;

    /// <summary>What is recorded of one device, in mebibytes; beyond it the oldest goes.</summary>
    [Range(8, 65_536)]
    public int LogMegabytes { get; init; } = 64;

    /// <summary>Seconds that a lease lasts without use.</summary>
    [Range(5, 86_400)]
    public int LeaseSeconds { get; init; } = 60;

    /// <summary>Seconds that a lease survives its holder's connection.</summary>
    [Range(0, 3600)]
    public int LeaseGraceSeconds { get; init; } = 15;

    /// <summary>The address that RFC 2217 is offered at. Whoever reaches a port there has its device: only this machine does, unless it is changed.</summary>
    [RegularExpression(@"[0-9a-fA-F.:]{2,45}")]
    public string Rfc2217Address { get; init; } = "127.0.0.1";

    /// <summary>The first of the ports for RFC 2217, one for each device that is offered; 0: any that is free.</summary>
    [Range(0, 65_000)]
    public int Rfc2217FirstPort { get; init; }

    /// <summary>People who wait for the lease of one device; the same of commands that wait for its answer, and of requests that wait for what it prints.</summary>
    [Range(1, 1024)]
    public int MaxWaiting { get; init; } = 16;

    /// <summary>Requests of one person that wait for what one device prints.</summary>
    [Range(1, 1024)]
    public int MaxExpectsEach { get; init; } = 4;
}
