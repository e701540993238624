using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Streams;
using LLMos.Server.Runs.Sessions;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Runs;

/// <summary>Records of runs in the database and their logs in files beside it; an index of both in memory.</summary>
internal sealed class RunStore : IRemains
{
    public static readonly string[] Collections = [RunDocuments.Index, RunDocuments.Records];

    // Records of earlier versions that are rewritten in one transaction: one of them may have 16 MB.
    private const int RewrittenAtOnce = 8;

    // A record may have some MiB.
    private const int PurgedAtOnce = 20;

    private const string LostReason = "The server ended while it ran.";

    private readonly Database _database;
    private readonly RunOptions _options;
    private readonly TimeProvider _time;
    private readonly string _folder;
    private readonly Lock _gate = new();

    private readonly Dictionary<string, RunHistory> _kept = [];

    public RunStore(Database database, IOptions<StorageOptions> storage, IOptions<RunOptions> options, TimeProvider time, ILogger<RunStore> log)
    {
        _database = database;
        _options = options.Value;
        _time = time;
        // Who wrote which version of a file of the team is known by a run's id.
        _folder = database.Reserve.Use(() => HiddenFolder.Open(Path.GetFullPath(Path.Combine(storage.Value.Path, "runs"))));
        Load(log);
    }

    /// <exception cref="DomainException"><c>storage.full</c>: what a run prints would find no room.</exception>
    public EventLog CreateLog(string id) => _database.Reserve.DiskHasRoom() ? EventLog.Create(LogPath(id), new()) : throw StorageErrors.Full();

    public EventLog OpenLog(string id) => EventLog.Open(LogPath(id), new());

    /// <summary>Keeps <paramref name="run"/> as it is now, in the place of its owner's oldest if there are too many; completes when that is durable.</summary>
    public async Task SaveAsync(StoredRun run)
    {
        var record = RunDocuments.Encode(run);
        var kept = run.ToKept(record.Length);
        await WriteAsync(kept.OwnerId, documents => RunDocuments.Put(documents, kept, record), TakeOld(kept.OwnerId, kept));
        Index(kept);
        // Of runs that became durable at the same moment, none saw the others.
        if (TakeOld(kept.OwnerId, coming: null) is { Count: > 0 } old)
            await WriteAsync(kept.OwnerId, put: null, old);
    }

    /// <summary>The id that sorts last; null: there is none.</summary>
    public string? NewestId()
    {
        lock (_gate)
            return _kept.Values.Select(runs => runs.ById.Keys.LastOrDefault()).Max(StringComparer.Ordinal);
    }

    public string What => "runs";

    public IReadOnlyCollection<string> Owners()
    {
        lock (_gate)
            return [.. _kept.Keys];
    }

    /// <summary>Deletes a person's ended runs: records, with the keys they were started with, and logs.</summary>
    public async Task<(long Count, long Bytes)> PurgeAsync(string accountId, CancellationToken cancellation)
    {
        for (var (count, bytes) = (0L, 0L); ;)
        {
            cancellation.ThrowIfCancellationRequested();
            List<KeptRun> some;
            lock (_gate)
            {
                var runs = HistoryOf(accountId);
                some = [.. runs.ById.Values.Where(run => run.Summary.EndedAt is not null).Take(PurgedAtOnce)];
                some.ForEach(run => runs.Remove(run.Summary.Id));
                if (runs.ById.Count == 0)
                    _kept.Remove(accountId);
            }

            if (some.Count == 0)
                return (count, bytes);
            await WriteAsync(accountId, put: null, some);
            (count, bytes) = (count + some.Count, bytes + some.Sum(run => run.Bytes));
        }
    }

    /// <summary>Adds the last of a run's events, for which there is room on a full disk too.</summary>
    public void AppendAtEnd(RunOutput output, RunEvent last) => _database.Reserve.Use(() => output.Append(last));

    public void DeleteLog(string id) => File.Delete(LogPath(id));

    /// <summary>What is known of a run without its record.</summary>
    public KeptRun? FindKept(string ownerId, string id)
    {
        lock (_gate)
            return _kept.GetValueOrDefault(ownerId)?.ById.GetValueOrDefault(id);
    }

    public StoredRun? Find(string id) => _database.Read(documents => RunDocuments.Find(documents, id));

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

    private void Load(ILogger log)
    {
        RewriteFormer(log);
        _database.Read(documents =>
        {
            documents.Each(RunDocuments.Index, document => Index(RunDocuments.ReadIndex(document)));
            return true;
        });
        var inFlight = _kept.Values.SelectMany(runs => runs.ById.Values).Where(run => run.Summary.EndedAt is null).Select(run => run.Summary.Id).ToList();
        foreach (var run in inFlight.Select(id => Find(id)!))
        {
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

            Rewrite([ended], usesReserve: true);
        }

        DeleteLogsWithoutRecord();
        // The limits may be lower than they were, which is how a full disk gets room.
        foreach (var ownerId in _kept.Keys.ToList())
        {
            if (TakeOld(ownerId, coming: null) is { Count: > 0 } old)
                WriteAsync(ownerId, put: null, old).GetAwaiter().GetResult();
        }
    }

    /// <summary>Brings the records of earlier versions into today's form, few at a time: all of them may be larger than the memory.</summary>
    private void RewriteFormer(ILogger log)
    {
        try
        {
            while (_database.Read(documents => documents.Between(RunDocuments.Former, "", "~", RewrittenAtOnce)) is { Count: > 0 } former)
                Rewrite([.. former.Select(RunDocuments.ReadFormer)], usesReserve: false);
        }
        catch (DomainException full)
        {
            // A full disk is no reason not to start: they are read as they are.
            RunLog.FormerNotRewritten(log, full);
            _database.Read(documents =>
            {
                documents.Each(RunDocuments.Former, document => Index(RunDocuments.ReadFormer(document).ToKept(document["json"].AsBinary.Length)));
                return true;
            });
        }
    }

    private void Rewrite(IReadOnlyList<StoredRun> runs, bool usesReserve)
    {
        var written = runs.Select(run => (Run: run, Record: RunDocuments.Encode(run))).ToList();
        _database.WriteAsync(documents =>
        {
            foreach (var (run, record) in written)
                RunDocuments.Put(documents, run.ToKept(record.Length), record);
        }, usesReserve: usesReserve).GetAwaiter().GetResult();
        foreach (var (run, record) in written)
            Index(run.ToKept(record.Length));
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
            _database.Reserve.Use(() => EventLog.Create(LogPath(run.Record.Id), new()).Dispose());
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
            _database.Reserve.Use(() => output.Append(new() { Type = "ended", State = RunState.Cancelled.Name(), Reason = LostReason, Usage = run.Record.Usage }));
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

    private void Index(KeptRun run)
    {
        lock (_gate)
        {
            var runs = HistoryOf(run.OwnerId);
            // The write of its beginning may be heard of after that of its end.
            if (run.Summary.EndedAt is null && runs.ById.TryGetValue(run.Summary.Id, out var known) && known.Summary.EndedAt is not null)
                return;
            runs.Put(run);
        }
    }

    /// <summary>Takes the oldest out of the index until there are not too many, with one that comes.</summary>
    private List<KeptRun> TakeOld(string ownerId, KeptRun? coming)
    {
        List<KeptRun> old = [];
        lock (_gate)
        {
            var runs = HistoryOf(ownerId);
            var known = coming is null ? null : runs.ById.GetValueOrDefault(coming.Summary.Id);
            var (more, moreBytes) = coming is null ? (0, 0L) : (known is null ? 1 : 0, coming.Bytes - (known?.Bytes ?? 0));
            while (runs.ById.Count + more > _options.KeptRunsPerUser || runs.Bytes + moreBytes > _options.KeptBytesPerUser)
            {
                if (runs.ById.Values.FirstOrDefault() is not { Summary.EndedAt: not null } oldest)
                    break;
                runs.Remove(oldest.Summary.Id);
                old.Add(oldest);
            }
        }

        return old;
    }

    /// <summary>Puts a run, if there is one, and deletes old ones, both or neither.</summary>
    private async Task WriteAsync(string ownerId, Action<Documents>? put, List<KeptRun> old)
    {
        try
        {
            await _database.WriteAsync(documents =>
            {
                put?.Invoke(documents);
                foreach (var run in old)
                    RunDocuments.Delete(documents, run.Summary.Id);
            }, usesReserve: true);
        }
        catch
        {
            lock (_gate)
            {
                foreach (var run in old)
                    HistoryOf(ownerId).Put(run);
            }

            throw;
        }

        foreach (var run in old)
            DeleteLog(run.Summary.Id);
    }

    private RunHistory HistoryOf(string ownerId)
    {
        if (!_kept.TryGetValue(ownerId, out var runs))
            _kept[ownerId] = runs = new();
        return runs;
    }

    private string LogPath(string id) => Path.Combine(_folder, $"{id}.log");
}
