using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Server.Runs.Doctor;

/// <summary>One attack that was run: how it ended, what it said of itself, and what it did outside.</summary>
/// <param name="Ending">A word for the end: <c>succeeded</c>, another state of a run, the signal that ended it, <c>protocol</c>.</param>
/// <param name="Effects">Sentences; what the program says of itself is not among them.</param>
internal sealed partial record Trial(string Ending, string Explanation, Verdict? Verdict, IReadOnlyList<string> Effects)
{
    private const string Held = "held", Succeeded = "succeeded";

    // Before the verdict in the output, as attacks/attack.py writes it.
    private const char Separator = '\x1e';

    public static Trial Of(DetachedRun run, RunEnd end, IReadOnlyList<string> effects) =>
        new(WordFor(end), Explain(run, end), VerdictIn(run.Stdout.Text), effects);

    /// <summary>What is outside counts first, then whether it ended as it should; what it says of itself comes last.</summary>
    public AttackOutcome Judge(Attack attack)
    {
        var word = Ending == Succeeded && Verdict is { Held: true } ? Held : Ending;
        var seen = word is Succeeded or Held ? Verdict?.Seen ?? "it ran to its end and said nothing" : Explanation;
        if (Effects.Count > 0)
            return attack.Broken($"{string.Join("; ", Effects)}. {seen}");
        return attack.Ends.Contains(word)
            ? attack.Withstood(seen)
            : attack.Broken(word is Succeeded ? seen : $"It should end as {string.Join(" or ", attack.Ends)}: {seen}");
    }

    private static Verdict? VerdictIn(string output)
    {
        var at = output.LastIndexOf(Separator);
        try
        {
            return at < 0 ? null : JsonSerializer.Deserialize<Verdict>(output[(at + 1)..], JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string WordFor(RunEnd end) => end switch
    {
        { State: RunState.Crashed, Reason: { } reason } when reason.StartsWith("protocol", StringComparison.Ordinal) => "protocol",
        { State: RunState.Crashed, Reason: { } reason } when SignalName().Match(reason) is { Success: true } signal => signal.Value,
        _ => end.State.Name(),
    };

    private static string Explain(DetachedRun run, RunEnd end)
    {
        var text = new StringBuilder(end.State.Name());
        if (end.Limit is { } limit)
            text.Append($" at {limit.Name} {limit.Value:0.###}");
        if ((end.Reason ?? (run.Run.Error is { } error ? $"{error.Name}: {error.Message}" : null)) is { } reason)
            text.Append(": ").Append(reason);
        return text.ToString();
    }

    [GeneratedRegex("SIG[A-Z0-9]+")]
    private static partial Regex SignalName();
}
