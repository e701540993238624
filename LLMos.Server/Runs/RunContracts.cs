using System.Text.Json.Serialization;
using LLMos.Server.Runs.Doctor;
using LLMos.Server.Runs.Sessions;
using MessagePack;

namespace LLMos.Server.Runs;

/// <summary>What a run is asked to do. Unknown members are refused.</summary>
/// <remarks>What came later is not written where it is missing: an Idempotency-Key holds for what was asked before it came.</remarks>
[MessagePackObject]
public sealed record StartRunRequest
{
    /// <summary><c>python</c>; others follow.</summary>
    [Key("language")] public string Language { get; init; } = "";

    /// <summary>The program, at most 1 MiB of UTF-8; of a file, its unsaved text. May be left out beside <see cref="Path"/>: then it is what the file has.</summary>
    [Key("code")] public string Code { get; init; } = "";

    /// <summary>The file that runs, such as <c>user/report.py</c>; it need not be there if there is code. Modules are found beside it first.</summary>
    [Key("path"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Path { get; init; }

    /// <summary>The folder that paths are relative to, such as <c>team/data</c>. Missing: <c>user</c>, or where the session's program is.</summary>
    [Key("workingFolder"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? WorkingFolder { get; init; }

    /// <summary>What stands behind the program's name on its command line: at most 256, and 64 KiB together.</summary>
    [Key("arguments"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>Variables of the program's environment, for this run: at most 256, and 64 KiB together. They are not recorded.</summary>
    [Key("environment"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>What <c>input()</c> and <c>sys.stdin</c> read.</summary>
    [Key("stdin")] public string? Stdin { get; init; }

    /// <summary>Wall clock; up to the server's maximum. Missing: the server's default.</summary>
    [Key("timeoutSeconds")] public double? TimeoutSeconds { get; init; }

    /// <summary>Heap above the interpreter's own start; up to the server's maximum. Missing: the server's default.</summary>
    [Key("heapMegabytes")] public int? HeapMegabytes { get; init; }

    /// <summary>Keeps the namespace for the next run of the same session: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>. Missing: nothing is kept.</summary>
    [Key("session")] public string? Session { get; init; }

    /// <summary>What becomes of the run when the connection closes that waits for it: <c>keep</c>, the default, or <c>end</c>.</summary>
    [Key("abandon"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Abandon { get; init; }
}

/// <summary>A run as lists and live feeds show it.</summary>
/// <param name="State">queued, running, or one of the end states of a run.</param>
/// <param name="Title">The first line of the code that says something, at most 80 characters.</param>
/// <param name="QueuePosition">1 is next; null once it is running or has ended.</param>
/// <param name="Session">The session it was started in, or null.</param>
[MessagePackObject]
public sealed record RunSummary(
    [property: Key("id")] string Id,
    [property: Key("language")] string Language,
    [property: Key("state")] string State,
    [property: Key("user")] string User,
    [property: Key("title")] string Title,
    [property: Key("queuePosition")] int? QueuePosition,
    [property: Key("createdAt")] DateTime CreatedAt,
    [property: Key("startedAt")] DateTime? StartedAt,
    [property: Key("endedAt")] DateTime? EndedAt,
    [property: Key("session")] string? Session);

/// <summary>The whole record of a run, final once <see cref="EndedAt"/> is set.</summary>
/// <param name="SessionState">none (no session, or not started), fresh, kept or lost: what it left, or found while it has not ended; see <see cref="RunSession"/>.</param>
/// <param name="SessionFound">The same of what it found; null in records of earlier versions.</param>
/// <param name="SessionExpiresAt">When the session ends unless something runs in it; null while it runs, or when there is none.</param>
/// <param name="SessionLoss">What was lost and why, when one of both is lost.</param>
/// <param name="Result">Of the last expression; empty when it has no room in the record, as a large display's data: then the event has it.</param>
/// <param name="ResultSequence">The event that carries the result; null without one.</param>
/// <param name="Files">What the program changed in the volumes, at most 1000.</param>
/// <param name="FilesOmitted">How many more there are; the events have them.</param>
public sealed record RunRecord(
    string Id,
    string Language,
    string State,
    string User,
    string Title,
    string? Session,
    string SessionState,
    string? SessionFound,
    DateTime? SessionExpiresAt,
    SessionLoss? SessionLoss,
    int? QueuePosition,
    DateTime CreatedAt,
    DateTime? StartedAt,
    DateTime? EndedAt,
    string Code,
    LimitReached? Limit,
    string? Reason,
    OutputText Stdout,
    OutputText Stderr,
    IReadOnlyList<RecordedDisplay> Displays,
    IReadOnlyDictionary<string, string>? Result,
    long? ResultSequence,
    RunError? Error,
    IReadOnlyList<ChangedFile> Files,
    int FilesOmitted,
    RunUsage Usage,
    RunLimits Limits,
    long LastSequence)
{
    /// <summary>The file that ran, as it was asked for; so the next two.</summary>
    public string? Path { get; init; }
    public string? WorkingFolder { get; init; }
    public IReadOnlyList<string>? Arguments { get; init; }
}

/// <param name="Text">The output, or its head and tail with a line between that counts what was left out.</param>
/// <param name="Bytes">UTF-8 bytes written in all.</param>
/// <param name="OmittedBytes">Bytes between head and tail; the events have them.</param>
public sealed record OutputText(string Text, long Bytes, long OmittedBytes);

/// <param name="Sequence">The event that carries it.</param>
/// <param name="Data">A MIME bundle: type to text, binary types as base64. Empty beyond 1 MiB of one record, result included, and after 1000: then the event has it.</param>
public sealed record RecordedDisplay(long Sequence, IReadOnlyDictionary<string, string> Data);

/// <summary>A file or folder that a program made another. In a record: what all its changes came to.</summary>
/// <param name="Path">Whole, such as <c>user/a.txt</c>.</param>
/// <param name="Change">created, changed, removed or moved.</param>
/// <param name="Bytes">Of a file that is there now, as is <paramref name="Version"/>.</param>
/// <param name="From">Where something moved was before.</param>
[MessagePackObject]
public sealed record ChangedFile(
    [property: Key("path")] string Path,
    [property: Key("change")] string Change,
    [property: Key("bytes")] long? Bytes = null,
    [property: Key("version")] int? Version = null,
    [property: Key("from")] string? From = null);

/// <summary>An exception that ended the program.</summary>
/// <param name="Name">The exception's class.</param>
/// <param name="Line">Line of the user's code, from 1; null when it was raised elsewhere.</param>
/// <param name="LineText">What stands there, without its indentation.</param>
/// <param name="Column">From 1, for syntax errors.</param>
/// <param name="Traceback">The user's frames only, with each line's text.</param>
/// <param name="Hint">One sentence that says what to do instead, where the contract has one.</param>
/// <param name="Causes">The exceptions that led to it or are grouped in it, at most 16, nearest first; null in records of earlier versions.</param>
[MessagePackObject]
public sealed record RunError(
    [property: Key("name")] string Name,
    [property: Key("message")] string Message,
    [property: Key("line")] int? Line,
    [property: Key("lineText")] string? LineText,
    [property: Key("column")] int? Column,
    [property: Key("traceback")] string Traceback,
    [property: Key("hint")] string? Hint,
    [property: Key("causes")] IReadOnlyList<ErrorCause>? Causes);

/// <summary>An exception behind another one.</summary>
/// <param name="Relation">cause (<c>raise … from</c>), handling (the other was raised while this one was handled) or member (of an ExceptionGroup).</param>
[MessagePackObject]
public sealed record ErrorCause(
    [property: Key("name")] string Name,
    [property: Key("message")] string Message,
    [property: Key("line")] int? Line,
    [property: Key("lineText")] string? LineText,
    [property: Key("relation")] string Relation);

/// <param name="Name">The request's or the option's name for it, e.g. <c>timeoutSeconds</c>.</param>
/// <param name="Value">The limit, in the unit of its name.</param>
/// <param name="Used">What the run used when it was stopped, in the same unit.</param>
[MessagePackObject]
public sealed record LimitReached(
    [property: Key("name")] string Name,
    [property: Key("value")] double Value,
    [property: Key("used")] double Used);

[MessagePackObject]
public sealed record RunUsage(
    [property: Key("wallMilliseconds")] double WallMilliseconds,
    [property: Key("cpuMilliseconds")] double CpuMilliseconds,
    [property: Key("peakHeapBytes")] long PeakHeapBytes,
    [property: Key("queuedMilliseconds")] double QueuedMilliseconds,
    [property: Key("outputBytes")] long OutputBytes);

/// <summary>The limits that hold for one run.</summary>
[MessagePackObject]
public sealed record RunLimits(
    [property: Key("timeoutSeconds")] double TimeoutSeconds,
    [property: Key("heapMegabytes")] int HeapMegabytes,
    [property: Key("outputBytes")] long OutputBytes);

/// <param name="Done">How far, in the program's own unit; at most <paramref name="Total"/> when that is known.</param>
[MessagePackObject]
public sealed record RunProgress(
    [property: Key("done")] double Done,
    [property: Key("total")] double? Total,
    [property: Key("label")] string? Label);

/// <summary>One event of a run's log. Which members are set follows from <see cref="Type"/>.</summary>
/// <remarks>
/// queued: queuePosition · started: limits, session? · stdout, stderr: text · display, result: data · progress: progress ·
/// error: error · file: file · limit: limit · ended: state, reason?, limit?, usage, session?.
/// </remarks>
[MessagePackObject]
public sealed record RunEvent
{
    /// <summary>From 1, without gaps.</summary>
    [Key("sequence")] public long Sequence { get; init; }
    [Key("type")] public string Type { get; init; } = "";

    /// <summary>Milliseconds since the run was created.</summary>
    [Key("atMilliseconds")] public double AtMilliseconds { get; init; }
    [Key("text")] public Utf8Text? Text { get; init; }
    [Key("data")] public IReadOnlyDictionary<string, string>? Data { get; init; }
    [Key("progress")] public RunProgress? Progress { get; init; }
    [Key("error")] public RunError? Error { get; init; }
    [Key("file")] public ChangedFile? File { get; init; }
    [Key("limit")] public LimitReached? Limit { get; init; }
    [Key("queuePosition")] public int? QueuePosition { get; init; }
    [Key("limits")] public RunLimits? Limits { get; init; }
    [Key("state")] public string? State { get; init; }
    [Key("reason")] public string? Reason { get; init; }
    [Key("usage")] public RunUsage? Usage { get; init; }
    [Key("session")] public RunSession? Session { get; init; }
}

/// <param name="Limits">What holds for a run that asks for nothing else.</param>
/// <param name="MaxTimeoutSeconds">The most a run may ask for.</param>
/// <param name="MaxSessions">Sessions that a person may have at the same time.</param>
/// <param name="SessionIdleMinutes">How long a session lives without a run.</param>
/// <param name="Missing">Well-known modules that are not among the packages, and what to use instead.</param>
/// <param name="Errors">What an error means here; the first that fits is its hint.</param>
public sealed record LimitsAnswer(
    RunLimits Limits, double MaxTimeoutSeconds, int MaxHeapMegabytes, int MaxCodeBytes, int MaxStdinBytes, int MaxSessions, double SessionIdleMinutes,
    string PythonVersion, IReadOnlyDictionary<string, string> Packages, IReadOnlyList<ModuleHint> Missing, IReadOnlyList<ErrorHint> Errors);

/// <param name="Names">As a program would import them.</param>
/// <param name="Hint">One sentence or two.</param>
public sealed record ModuleHint(IReadOnlyList<string> Names, string Hint);

/// <param name="Error">The exception's class, or one that it inherits from.</param>
/// <param name="Message">A part of its message.</param>
/// <param name="Module">A module that it went through.</param>
/// <param name="Line">How the line begins, of a syntax error, or the command that was to be started.</param>
/// <param name="Hint">One sentence or two.</param>
public sealed record ErrorHint(string Error, string? Message, string? Module, string? Line, string Hint);

/// <param name="Name">rlimits, privileges, landlock or seccomp.</param>
/// <param name="Held">Whether a real run at start was stopped by it.</param>
/// <param name="Detail">What was seen, e.g. the Landlock ABI; when it does not hold, the remedy.</param>
public sealed record IsolationLayer(string Name, bool Held, bool Required, string Detail);

/// <param name="Ready">Whether every required layer holds and runs are accepted.</param>
public sealed record IsolationAnswer(bool Ready, string? Reason, DateTime? ProbedAt, IReadOnlyList<IsolationLayer> Layers)
{
    /// <summary>What <c>LLMos.Server doctor --attack</c> last found; null when nobody has asked it.</summary>
    public AttackSummary? LastAttack { get; init; }
}

/// <param name="Runs">Newest first.</param>
public sealed record RunList(IReadOnlyList<RunSummary> Runs);

/// <param name="LastSequence">The last event there is now.</param>
/// <param name="Completed">Whether no event will follow it.</param>
public sealed record RunEvents(IReadOnlyList<RunEvent> Events, long LastSequence, bool Completed);
