namespace LLMos.Server.Foundation.Storage.Backups;

/// <summary>Lets a backup reach every file that its copy of the database names: until then nothing of the kind is deleted.</summary>
public sealed class DeletionHold
{
    private readonly Lock _gate = new();
    private readonly List<Action> _later = [];
    private int _holders;

    /// <summary>Runs <paramref name="delete"/> now, or when the backups that are being made have ended.</summary>
    public void Delete(Action delete)
    {
        lock (_gate)
        {
            if (_holders > 0)
            {
                _later.Add(delete);
                return;
            }
        }

        delete();
    }

    /// <summary>Nothing is deleted until the answer is disposed.</summary>
    public IDisposable Begin()
    {
        lock (_gate)
            _holders++;
        return new Holder(this);
    }

    private void End()
    {
        List<Action> due;
        lock (_gate)
        {
            if (--_holders > 0)
                return;
            due = [.. _later];
            _later.Clear();
        }

        due.ForEach(delete => delete());
    }

    private sealed class Holder(DeletionHold hold) : IDisposable
    {
        private DeletionHold? _hold = hold;

        public void Dispose() => Interlocked.Exchange(ref _hold, null)?.End();
    }
}
