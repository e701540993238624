using LLMos.Server.Foundation.Texts;
using Serilog.Core;
using Serilog.Events;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>Bounds every text of a log entry and shows its control characters as escapes: paths, names and messages are often a stranger's.</summary>
internal sealed class LogTexts : ILogEventEnricher
{
    /// <summary>Characters of one text.</summary>
    public const int Most = 256;

    // What the interpreter said as it failed, or why a layer of isolation is missing: the server's own words, which a person needs whole.
    private const string Own = "Reason";
    private const int MostOwn = 4096;

    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        foreach (var (name, value) in logEvent.Properties.ToList())
        {
            var bounded = Bounded(value, name == Own ? MostOwn : Most);
            if (bounded != value)
                logEvent.AddOrUpdateProperty(new(name, bounded));
        }
    }

    private static LogEventPropertyValue Bounded(LogEventPropertyValue value, int most) => value switch
    {
        ScalarValue { Value: string text } when VisibleText.Of(text, most) is var shown && shown != text => new ScalarValue(shown),
        SequenceValue { Elements: var elements } => new SequenceValue(elements.Take(Most).Select(element => Bounded(element, most))),
        _ => value,
    };
}
