using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LLMos.Server.Runs.Doctor;

/// <summary>What the doctor found, for people and for scripts.</summary>
/// <param name="Attacks">Null when nobody asked for them.</param>
internal sealed record DoctorReport(
    string Version, IsolationAnswer Isolation, IReadOnlyList<HostFact> Host, IReadOnlyList<AttackOutcome>? Attacks, double AttackSeconds)
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Whether every required layer holds and no attack came through.</summary>
    public bool IsWell => Isolation.Ready && (Attacks?.All(attack => attack.Held) ?? true);

    public string ToJson() => JsonSerializer.Serialize(
        new { Version, Isolation.Ready, Isolation.Reason, Isolation.Layers, Host, Attacks }, Indented) + "\n";

    public AttackSummary Summarize(DateTime at) => new(at, Version, Attacks!.Count, Attacks.Count(attack => attack.Held), [.. Attacks.Where(attack => !attack.Held)]);

    public string ToText()
    {
        using var text = new StringWriter { NewLine = "\n" };
        text.WriteLine($"LLMos.Server {Version}\n\nLayers");
        foreach (var layer in Isolation.Layers)
            text.WriteLine($"  {(layer.Held ? "holds  " : layer.Required ? "MISSING" : "missing")}  {layer.Name,-10}  {layer.Detail}");
        if (Isolation.Layers.Count == 0)
            text.WriteLine($"  {Isolation.Reason}");

        text.WriteLine("\nHost");
        foreach (var fact in Host)
            text.WriteLine($"  {(fact.Remedy is null ? "fine" : "MEND")}  {fact.Name,-10}  {fact.Seen}{(fact.Remedy is null ? "" : $"\n        → {fact.Remedy}")}");

        if (Attacks is not null)
            WriteAttacks(text, Attacks);
        text.WriteLine($"\n{(IsWell ? "Well." : "NOT WELL.")} {(Isolation.Ready ? "Every required layer holds." : Isolation.Reason)}");
        return text.ToString();
    }

    private void WriteAttacks(StringWriter text, IReadOnlyList<AttackOutcome> attacks)
    {
        var broken = attacks.Where(attack => !attack.Held).ToList();
        if (broken.Count > 0)
            text.WriteLine($"\n!!! {broken.Count} ATTACKS CAME THROUGH");
        foreach (var attack in broken)
            text.WriteLine($"  BROKEN  {attack.Layer} · {attack.Name}: {attack.Seen}");
        foreach (var layer in attacks.GroupBy(attack => attack.Layer))
        {
            text.WriteLine($"\nAttacks on {layer.Key}: {layer.Count(attack => attack.Held)} of {layer.Count()} held");
            foreach (var attack in layer)
                text.WriteLine($"  {(attack.Held ? "held  " : "BROKEN")}  {attack.Name}: {attack.Seen}");
        }

        text.WriteLine(FormattableString.Invariant($"\n{attacks.Count - broken.Count} of {attacks.Count} attacks held, in {AttackSeconds:0} s."));
    }
}
