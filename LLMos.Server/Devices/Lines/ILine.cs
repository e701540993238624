namespace LLMos.Server.Devices.Lines;

/// <summary>An open serial line: a port of this machine, one that somebody lends, or a board that is only made of code.</summary>
/// <remarks>What arrives is pushed to the <see cref="ILineListener"/> that it was opened with. One caller at a time.</remarks>
internal interface ILine : IDisposable
{
    /// <summary>Hands all bytes to the line.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>devices.gone</c>; <c>devices.write_timeout</c> with some of them sent: the board takes nothing.</exception>
    Task WriteAsync(ReadOnlyMemory<byte> bytes);

    /// <exception cref="Foundation.Errors.DomainException"><c>devices.setting_refused</c>: this line cannot be set so. <c>devices.gone</c>.</exception>
    Task ConfigureAsync(LineSettings settings);

    /// <summary>Changes the lines that are named, both at the same moment.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>devices.signals_unsupported</c>: a line without DTR and RTS. <c>devices.gone</c>.</exception>
    Task SetAsync(LineSignals signals);

    /// <summary>Waits until what was written has left the machine, and drops what has not when the time is over.</summary>
    /// <returns>How many bytes were dropped, as far as that is known.</returns>
    /// <exception cref="Foundation.Errors.DomainException"><c>devices.gone</c>.</exception>
    Task<int> DrainAsync(TimeSpan longest);
}

/// <summary>Who is told what a line brings. Called by the line's own thread, one call after the other.</summary>
internal interface ILineListener
{
    /// <summary>Whether each byte is to be told at once; otherwise short pieces may come together a few milliseconds later, which costs far less.</summary>
    bool IsHurried { get; }

    /// <param name="bytes">Valid during the call.</param>
    void Received(ReadOnlySpan<byte> bytes);

    /// <summary>Some of what it brought is lost, as the sentence says.</summary>
    void Missed(string what);

    /// <param name="why">The port's other side cannot be reached for a while; null: it can again.</param>
    void Unreachable(string? why);

    /// <summary>The last call: the line ended by itself. Not called for one that was disposed.</summary>
    void Gone(string why);
}
