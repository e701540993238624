using System.Collections.Concurrent;
using System.Globalization;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace LLMos.Tests.Hosting;

/// <summary>Everything a server logged; an error that its test did not announce fails the test.</summary>
public sealed class CollectedLog : ILogEventSink, IDisposable
{
    private static readonly MessageTemplateTextFormatter Form = new("{Message:lj} {Exception}", CultureInfo.InvariantCulture);

    private readonly ConcurrentQueue<LogEvent> _entries = new();
    private readonly ConcurrentBag<string> _announced = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IEnumerable<string> Lines => _entries.Select(Text);

    /// <summary>
    /// The log is the first thing that a server makes and so the last that it disposes: from here on its files are closed.
    /// The factory's own end is earlier, because <c>Program</c> disposes on a thread of its own.
    /// </summary>
    public Task Closed => _entries.IsEmpty ? Task.CompletedTask : _closed.Task;

    public void Dispose() => _closed.TrySetResult();

    public void Emit(LogEvent logEvent) => _entries.Enqueue(logEvent);

    /// <summary>Errors whose text contains <paramref name="part"/> are what the test is about.</summary>
    public void Announce(string part) => _announced.Add(part);

    public void RequireNoUnannouncedErrors()
    {
        var surprises = _entries.Where(entry => entry.Level >= LogEventLevel.Error).Select(Text)
            .Where(text => !_announced.Any(part => text.Contains(part, StringComparison.Ordinal))).ToList();
        Assert.True(surprises.Count == 0, "Errors in the log:\n" + string.Join('\n', surprises));
    }

    private static string Text(LogEvent entry)
    {
        using var line = new StringWriter(CultureInfo.InvariantCulture);
        Form.Format(entry, line);
        return line.ToString();
    }
}
