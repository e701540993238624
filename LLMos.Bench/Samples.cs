using System.Globalization;

namespace LLMos.Bench;

/// <summary>What one side of a row measured.</summary>
internal sealed class Samples(IEnumerable<double> values, string unit)
{
    private readonly double[] _ordered = [.. values.Order()];

    public int Count => _ordered.Length;

    public double Median => Quantile(0.5);

    /// <summary>Between the two nearest values where the place falls between them.</summary>
    public double Quantile(double share)
    {
        var place = share * (_ordered.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, _ordered.Length - 1);
        return _ordered[below] + ((place - below) * (_ordered[above] - _ordered[below]));
    }

    /// <summary>The median with its unit, and the quartiles.</summary>
    public override string ToString() => $"{Number(Median)} {unit} ({Number(Quantile(0.25))}–{Number(Quantile(0.75))})";

    /// <summary>Three digits that count.</summary>
    public static string Number(double value)
    {
        var decimals = value == 0 ? 0 : Math.Clamp(2 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 4);
        return value.ToString($"F{decimals}", CultureInfo.InvariantCulture);
    }
}
