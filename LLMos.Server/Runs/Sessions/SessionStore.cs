using System.Text.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;

namespace LLMos.Server.Runs.Sessions;

/// <summary>Which variables each session had, so that a run after its end can say what is lost: also after the server's own end.</summary>
internal sealed class SessionStore : IRemains
{
    public const string Collection = "sessions";

    private const string Restarted = "The server was restarted.";
    private const int MaxRememberedPerUser = 64;

    // Of the names and types in one note, as JSON: all are read at the start and held in memory, half a mebibyte of a person at most.
    private const int MaxNoteBytes = 8 * 1024;

    private readonly Database _database;
    private readonly ILogger<SessionStore> _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string OwnerId, string Name), StoredSession> _known;

    public SessionStore(Database database, ILogger<SessionStore> log)
    {
        _database = database;
        _log = log;
        _known = database.Read(documents =>
        {
            Dictionary<(string OwnerId, string Name), StoredSession> known = [];
            documents.Each(Collection, document =>
            {
                var session = JsonSerializer.Deserialize<StoredSession>(document["json"].AsBinary)!;
                known.Add((session.OwnerId, session.Name), session.Bounded() with { Reason = session.Reason ?? Restarted });
            });
            return known;
        });
    }

    /// <summary>What a session that has no process lost; null when it had nothing, or there was none.</summary>
    public SessionLoss? Recall((string OwnerId, string Name) key)
    {
        lock (_gate)
        {
            return _known.TryGetValue(key, out var known) && (known.IsKilled || known.Variables.Count > 0)
                ? new(known.Reason ?? Restarted, known.Variables, known.Omitted)
                : null;
        }
    }

    /// <summary>Notes what a session has, or what it had when <paramref name="reason"/> says why that is gone.</summary>
    /// <param name="isKilled">Whether a run was in it, which may have made more than is known.</param>
    public void Remember(Session session, DateTime now, string? reason = null, bool isKilled = false)
    {
        var variables = session.Variables.Variables.Select(variable => new LostVariable(variable.Name, variable.Type)).ToList();
        var (owner, name) = session.Key;
        var known = new StoredSession(owner, name, variables, session.Variables.Omitted, reason, isKilled, now).Bounded();
        StoredSession? oldest = null;
        lock (_gate)
        {
            if (_known.TryGetValue(session.Key, out var before) && before.SaysTheSameAs(known))
                return;
            var others = _known.Values.Where(other => other.OwnerId == owner && other.Name != name).ToList();
            // The one that is noted now is the newest, whatever the clock says.
            if (others.Count > 0 && others.Max(other => other.At) is var newest && newest >= now)
                known = known with { At = newest.AddTicks(1) };
            _known[session.Key] = known;
            if (others.Count >= MaxRememberedPerUser && others.MinBy(other => other.At) is { } first && _known.Remove((owner, first.Name)))
                oldest = first;
        }

        Write(documents =>
        {
            documents.Put(Collection, new() { ["_id"] = known.Id, ["json"] = JsonSerializer.SerializeToUtf8Bytes(known) });
            if (oldest is not null)
                documents.Delete(Collection, oldest.Id);
        });
    }

    /// <returns>Whether anything was known of it.</returns>
    public bool Forget((string OwnerId, string Name) key)
    {
        lock (_gate)
        {
            if (!_known.Remove(key, out var known))
                return false;
            Write(documents => documents.Delete(Collection, known.Id));
            return true;
        }
    }

    public string What => "notes of sessions";

    public IReadOnlyCollection<string> Owners()
    {
        lock (_gate)
            return [.. _known.Keys.Select(key => key.OwnerId).Distinct()];
    }

    public async Task<(long Count, long Bytes)> PurgeAsync(string accountId, CancellationToken cancellation)
    {
        List<StoredSession> own;
        lock (_gate)
            own = [.. _known.Values.Where(known => known.OwnerId == accountId)];
        await _database.WriteAsync(documents => own.ForEach(known => documents.Delete(Collection, known.Id)));
        lock (_gate)
            own.ForEach(known => _known.Remove((known.OwnerId, known.Name)));
        return (own.Count, 0);
    }

    // Nobody waits: what is lost in a power cut is only the list of what was lost.
    private void Write(Action<Documents> change) =>
        _database.WriteAsync(change).ContinueWith(
            failed => RunLog.SessionNotKept(_log, failed.Exception!.InnerException!), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private sealed record StoredSession(
        string OwnerId, string Name, IReadOnlyList<LostVariable> Variables, int Omitted, string? Reason, bool IsKilled, DateTime At)
    {
        public string Id => $"{OwnerId} {Name}";

        /// <summary>With the newest variables that fit, the others counted.</summary>
        public StoredSession Bounded()
        {
            var (first, bytes) = (Variables.Count, 0);
            while (first > 0 && (bytes += JsonSerializer.SerializeToUtf8Bytes(Variables[first - 1]).Length) <= MaxNoteBytes)
                first--;
            return first == 0 ? this : this with { Variables = [.. Variables.Skip(first)], Omitted = Omitted + first };
        }

        public bool SaysTheSameAs(StoredSession other) =>
            (Omitted, Reason, IsKilled) == (other.Omitted, other.Reason, other.IsKilled) && Variables.SequenceEqual(other.Variables);
    }
}
