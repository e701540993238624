using System.Globalization;

namespace LLMos.Bench;

/// <summary>One line of the table.</summary>
/// <param name="Peer">Null where the goal is absolute, as is <paramref name="Ratio"/>.</param>
internal sealed record Row(string What, string Measured, string? Peer, double? Ratio, string Goal, bool IsMet)
{
    /// <param name="atMost">The goal: the measured median is at most this many times the peer's.</param>
    public static Row AtMost(string what, Samples measured, Samples peer, double atMost) =>
        Compare(what, measured, peer, $"{Plain(atMost)} or less", ratio => ratio <= atMost);

    /// <param name="atLeast">The goal: the measured median is at least this many times the peer's.</param>
    public static Row AtLeast(string what, Samples measured, Samples peer, double atLeast) =>
        Compare(what, measured, peer, $"{Plain(atLeast)} or more", ratio => ratio >= atLeast);

    private static string Plain(double goal) => goal.ToString(CultureInfo.InvariantCulture);

    private static Row Compare(string what, Samples measured, Samples peer, string goal, Func<double, bool> isMet)
    {
        var ratio = measured.Median / peer.Median;
        return new(what, measured.ToString(), peer.ToString(), ratio, goal, isMet(ratio));
    }
}
