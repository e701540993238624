using System.Text.Json;
using System.Text.Json.Serialization;
using LiteDB;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Streams;
using LLMos.Server.Runs.Sessions;
using Microsoft.Extensions.Options;
using JsonSerializer = System.Text.Json.JsonSerializer;

namespace LLMos.Server.Runs;

/// <summary>Records of runs in the database and their logs in files beside it; an index of both in memory.</summary>
internal sealed class RunStore
{
    public const string Collection = "runs";

    // Displays of one record that are sent with it; later ones are named by their sequence number and read from the events.
    private const int MaxDisplayBytes = 16 * 1024 * 1024, MaxDisplays = 1000;

    private const string LostReason = "The server ended while it ran.";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly Database _database;
    private readonly RunOptions _options;
    private readonly TimeProvider _time;
    private readonly string _folder;
    private readonly Lock _gate = new();

    private readonly Dictionary<string, History> _kept = [];

    public RunStore(Database database, IOptions<StorageOptions> storage, IOptions<RunOptions> options, TimeProvider time, ILogger<RunStore> log)
    {
        _database = database;
        _options = options.Value;
        _time = time;
        // Who wrote which version of a file of the team is known by a run's id.
        _folder = HiddenFolder.Open(Path.GetFullPath(Path.Combine(storage.Value.Path, "runs")));
        Load(log);
    }

    public EventLog CreateLog(string id) => EventLog.Create(LogPath(id), new());

    public EventLog OpenLog(string id) => EventLog.Open(LogPath(id), new());

    /// <summary>Keeps <paramref name="run"/> as it is now, in the place of its owner's oldest if there are too many; completes when that is durable.</summary>
    public async Task SaveAsync(StoredRun run)
    {
        var document = new BsonDocument { ["_id"] = run.Record.Id, ["json"] = JsonSerializer.SerializeToUtf8Bytes(run, Json) };
        await WriteAsync(run.OwnerId, document, TakeOld(run.OwnerId, run));
        Index(run);
        // Of runs that became durable at the same moment, none saw the others.
        if (TakeOld(run.OwnerId, coming: null) is { Count: > 0 } old)
            await WriteAsync(run.OwnerId, document: null, old);
    }

    /// <summary>The id that sorts last; null: there is none.</summary>
    public string? NewestId()
    {
        lock (_gate)
            return _kept.Values.Select(runs => runs.ById.Keys.LastOrDefault()).Max(StringComparer.Ordinal);
    }

    public void DeleteLog(string id) => File.Delete(LogPath(id));

    public StoredRun? Find(string id)
    {
        var document = _database.Read(documents => documents.Find(Collection, id));
        return document is null ? null : Decode(document);
    }

    /// <summary>A person's ended runs, newest first, older than <paramref name="before"/> when that is given.</summary>
    public IReadOnlyList<RunSummary> List(string ownerId, string? before, int limit)
    {
        lock (_gate)
        {
            return _kept.TryGetValue(ownerId, out var runs)
                ? [.. runs.ById.Reverse().Where(run => before is null || string.CompareOrdinal(run.Key, before) < 0).Take(limit).Select(run => run.Value.Summary)]
                : [];
        }
    }

    /// <summary>The run that <paramref name="ownerId"/> started with this key.</summary>
    public (string Id, string? RequestHash)? FindByKey(string ownerId, string key)
    {
        lock (_gate)
        {
            return _kept.TryGetValue(ownerId, out var runs) && runs.ById.Values.FirstOrDefault(run => run.IdempotencyKey == key) is { } found
                ? (found.Summary.Id, found.RequestHash)
                : null;
        }
    }

    /// <summary>Puts what a run displayed, and its result, back into its record.</summary>
    public static RunRecord Complete(StoredRun run, EventLog log)
    {
        var none = new Dictionary<string, string>();
        var left = MaxDisplayBytes;
        var displays = new List<RecordedDisplay>();
        foreach (var sequence in run.Displays)
        {
            var data = left >= 0 && displays.Count < MaxDisplays ? DataOf(log, sequence) : none;
            left -= data.Sum(part => part.Value.Length);
            displays.Add(new(sequence, left >= 0 ? data : none));
        }

        return run.Record with { Displays = displays, Result = run.Result is { } result ? DataOf(log, result) : run.Record.Result };
    }

    private static IReadOnlyDictionary<string, string> DataOf(EventLog log, long sequence) =>
        log.Read(sequence - 1, 1, int.MaxValue) is [var entry] ? RunOutput.Decode(entry).Data! : new Dictionary<string, string>();

    private void Load(ILogger log)
    {
        foreach (var run in _database.Read(documents => documents.All(Collection)).Select(Decode))
        {
            if (run.Record.EndedAt is not null)
            {
                Index(run);
                continue;
            }

            // Its server is gone, so its worker is too.
            RunLog.Recovered(log, run.Record.Id);
            StoredRun ended;
            try
            {
                ended = Recover(run);
            }
            catch (Exception lost) when (lost is DomainException or IOException)
            {
                // Damaged, or the disk is full: one run's output is no reason not to start.
                RunLog.LogLost(log, lost, run.Record.Id);
                ended = End(run);
            }

            _database.WriteAsync(documents => documents.Put(
                Collection, new() { ["_id"] = ended.Record.Id, ["json"] = JsonSerializer.SerializeToUtf8Bytes(ended, Json) })).GetAwaiter().GetResult();
            Index(ended);
        }

        DeleteLogsWithoutRecord();
    }

    /// <summary>A server that was killed leaves the log of a run that it had answered and not yet kept.</summary>
    private void DeleteLogsWithoutRecord()
    {
        var known = _kept.Values.SelectMany(runs => runs.ById.Keys).ToHashSet();
        foreach (var path in Directory.EnumerateFiles(_folder, "*.log").Where(path => !known.Contains(Path.GetFileNameWithoutExtension(path))))
            File.Delete(path);
    }

    /// <summary>Ends a run that was in flight when its server ended: what it had sent is in its log.</summary>
    private StoredRun Recover(StoredRun run)
    {
        var stdout = new HeadAndTail(_options.RecordedOutputBytes);
        var stderr = new HeadAndTail(_options.RecordedOutputBytes);
        var files = new RunFiles();
        var displays = new List<long>();
        long? result = null;
        if (!File.Exists(LogPath(run.Record.Id)))
            CreateLog(run.Record.Id).Dispose();
        using var log = OpenLog(run.Record.Id);
        for (var after = 0L; log.Read(after, 1000, 1_048_576) is { Count: > 0 } entries; after = entries[^1].Sequence)
        {
            foreach (var happened in entries.Select(RunOutput.Decode))
            {
                if (happened.Type == "display")
                    displays.Add(happened.Sequence);
                else if (happened.Type == "result")
                    result = happened.Sequence;
                else if (happened.File is { } file)
                    files.Add(file);
                else if (happened.Text is { } text)
                    (happened.Type == "stdout" ? stdout : stderr).Add(text.Bytes.Span);
            }
        }

        var output = new RunOutput(log, run.Record.CreatedAt, _time, _options.RecordedOutputBytes);
        if (!log.IsCompleted)
        {
            output.Append(new() { Type = "ended", State = RunState.Cancelled.Name(), Reason = LostReason, Usage = run.Record.Usage });
            output.Complete();
        }

        var (changed, omitted) = files.Record();
        return End(run with
        {
            Displays = displays,
            Result = result,
            LogBytes = log.Bytes,
            Record = run.Record with { Stdout = stdout.ToText(), Stderr = stderr.ToText(), Files = changed, FilesOmitted = omitted, LastSequence = log.LastSequence },
        });
    }

    private StoredRun End(StoredRun run) => run with
    {
        Record = run.Record with
        {
            State = RunState.Cancelled.Name(),
            Reason = LostReason,
            SessionState = run.Record.SessionState == RunSession.None ? RunSession.None : RunSession.Lost,
            QueuePosition = null,
            // The clock may have been set back since.
            EndedAt = _time.GetUtcNow().UtcDateTime is var now && now > run.Record.CreatedAt ? now : run.Record.CreatedAt,
        },
    };

    private void Index(StoredRun run)
    {
        lock (_gate)
        {
            var runs = HistoryOf(run.OwnerId);
            // The write of its beginning may be heard of after that of its end.
            if (run.Record.EndedAt is null && runs.ById.TryGetValue(run.Record.Id, out var known) && known.Summary.EndedAt is not null)
                return;
            runs.Put(run.Record.Id, new(run.Summarize(), run.LogBytes, run.IdempotencyKey, run.RequestHash));
        }
    }

    /// <summary>Takes the oldest out of the index until there are not too many, with one that comes.</summary>
    private Dictionary<string, Entry> TakeOld(string ownerId, StoredRun? coming)
    {
        Dictionary<string, Entry> old = [];
        lock (_gate)
        {
            var runs = HistoryOf(ownerId);
            var known = coming is null ? null : runs.ById.GetValueOrDefault(coming.Record.Id);
            var (more, moreBytes) = coming is null ? (0, 0L) : (known is null ? 1 : 0, coming.LogBytes - (known?.LogBytes ?? 0));
            while (runs.ById.Count + more > _options.KeptRunsPerUser || runs.LogBytes + moreBytes > _options.KeptBytesPerUser)
            {
                if (runs.ById.FirstOrDefault() is not { Value.Summary.EndedAt: not null } oldest)
                    break;
                runs.Remove(oldest.Key);
                old.Add(oldest.Key, oldest.Value);
            }
        }

        return old;
    }

    /// <summary>Puts a document, if there is one, and deletes old runs, both or neither.</summary>
    private async Task WriteAsync(string ownerId, BsonDocument? document, Dictionary<string, Entry> old)
    {
        try
        {
            await _database.WriteAsync(documents =>
            {
                if (document is not null)
                    documents.Put(Collection, document);
                foreach (var id in old.Keys)
                    documents.Delete(Collection, id);
            });
        }
        catch
        {
            lock (_gate)
            {
                foreach (var (id, run) in old)
                    HistoryOf(ownerId).Put(id, run);
            }

            throw;
        }

        foreach (var id in old.Keys)
            DeleteLog(id);
    }

    private History HistoryOf(string ownerId)
    {
        if (!_kept.TryGetValue(ownerId, out var runs))
            _kept[ownerId] = runs = new();
        return runs;
    }

    private static StoredRun Decode(BsonDocument document) => JsonSerializer.Deserialize<StoredRun>(document["json"].AsBinary, Json)!;

    private string LogPath(string id) => Path.Combine(_folder, $"{id}.log");

    private sealed record Entry(RunSummary Summary, long LogBytes, string? IdempotencyKey, string? RequestHash);

    /// <summary>One person's runs.</summary>
    private sealed class History
    {
        // Ids sort by time.
        private readonly SortedDictionary<string, Entry> _byId = new(StringComparer.Ordinal);

        public IReadOnlyDictionary<string, Entry> ById => _byId;

        /// <summary>Of all logs.</summary>
        public long LogBytes { get; private set; }

        public void Put(string id, Entry run)
        {
            Remove(id);
            _byId[id] = run;
            LogBytes += run.LogBytes;
        }

        public void Remove(string id)
        {
            if (_byId.Remove(id, out var run))
                LogBytes -= run.LogBytes;
        }
    }
}
