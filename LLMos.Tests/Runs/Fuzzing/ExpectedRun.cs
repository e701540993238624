using System.Text;
using System.Text.Unicode;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Tests.Runs.Fuzzing;

/// <summary>What a run's events must be, from the whole stream of its worker.</summary>
internal sealed class ExpectedRun
{
    private readonly StringBuilder _shown = new();
    private readonly List<byte> _text = [];
    private string? _outcome;
    private readonly bool _isBroken;
    private readonly bool _keeps;
    private bool _begun;

    /// <param name="hasBegun">Whether `begun` came before the stream.</param>
    /// <param name="keeps">Whether it is a session's.</param>
    public ExpectedRun(ReadOnlySpan<byte> stream, byte[] marker, bool hasBegun = false, bool keeps = false)
    {
        (_begun, _keeps) = (hasBegun, keeps);
        var transcript = new Transcript();
        IsText = true;
        transcript.ReadWhole(stream, marker, Apply, text =>
        {
            if (_begun && _outcome is null)
                _text.AddRange(text);
            IsText &= Utf8.IsValid(text);
        });
        _isBroken = transcript.IsBroken;
        IsCutOff = transcript.IsCutOff && _outcome is null;
        ShowText();
    }

    /// <summary>Whether a frame was begun and not ended, and none before said that it was the last.</summary>
    public bool IsCutOff { get; }

    /// <summary>Whether a frame said how it ended.</summary>
    public bool HasEnded => _outcome is not null;

    /// <summary>Whether every byte of text is text, so that its place among frames is exact.</summary>
    public bool IsText { get; private set; }

    /// <summary>What its reader sees: text, and the types of the other events between.</summary>
    public string Shown => _shown.ToString();

    /// <summary>Null: it must not be known how it ended, another worker may run it.</summary>
    public string? State => _outcome switch
    {
        "succeeded" => "succeeded",
        "memory" => "memory-exceeded",
        not null => "failed",
        null when _isBroken => "crashed",
        null => _begun ? "succeeded" : null,
    };

    public static string Show(IEnumerable<RunEvent> events)
    {
        var shown = new StringBuilder();
        foreach (var happened in events)
            shown.Append(happened switch { { Type: "stdout" } => happened.Text.ToString(), { Type: "stderr" } => $"<stderr {happened.Text}>", _ => $"<{happened.Type}>" });
        return Readable(shown.ToString());
    }

    private void Apply(ReadOnlySpan<byte> json)
    {
        // Nothing counts after the last frame.
        if (_outcome is not null)
            return;
        var frame = WorkerFrame.Parse(json);
        // Nor before the first.
        if (!_begun)
        {
            _begun = frame.Type == "begun";
            return;
        }

        // A second `ready`, or what only sessions send.
        if (frame.Type is "ready" || (frame.Type is "variables" && !_keeps))
            throw new ProtocolException(frame.Type);
        ShowText();
        _outcome = frame.Outcome is { } outcome && frame.Type == "ended" ? outcome : null;
        if (frame.Type is "stderr")
            _shown.Append($"<stderr {Readable(frame.Text!)}>");
        else if (frame.Type is not ("begun" or "buffering" or "variables" or "ended"))
            _shown.Append($"<{frame.Type}>");
    }

    private void ShowText()
    {
        _shown.Append(Readable(Encoding.UTF8.GetString([.. _text])));
        _text.Clear();
    }

    // Bytes that are no text become one such character or several, depending on where the pieces are cut.
    private static string Readable(string text) => text.Replace("\uFFFD", "", StringComparison.Ordinal);
}
