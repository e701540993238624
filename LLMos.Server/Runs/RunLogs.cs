using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Streams;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Runs;

/// <summary>The logs of all runs, a file each. A file that nobody reads any more becomes that of a later run.</summary>
/// <remarks>
/// ext4 does not give out an inode within minutes of its deletion, and looks at all of those for each file that it makes:
/// with two hundred runs a second, files made and deleted took a sixth of the server's processor time.
/// </remarks>
internal sealed class RunLogs
{
    private const int MostSpare = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _readers = [];
    private readonly Stack<string> _spare = [];
    private readonly string _folder, _spareFolder;
    private int _spared;

    public RunLogs(IOptions<StorageOptions> storage)
    {
        _folder = Path.GetFullPath(Path.Combine(storage.Value.Path, "runs"));
        _spareFolder = Path.Combine(_folder, "spare");
        if (Directory.Exists(_spareFolder))
            Directory.Delete(_spareFolder, recursive: true);
        Directory.CreateDirectory(_spareFolder);
    }

    /// <exception cref="IOException">It cannot be made.</exception>
    public EventLog Create(string id)
    {
        string? spare;
        lock (_gate)
            _spare.TryPop(out spare);
        if (spare is null)
            return EventLog.Create(PathOf(id), new());
        File.Move(spare, PathOf(id), overwrite: true);
        return EventLog.Open(PathOf(id), new());
    }

    public bool Exists(string id) => File.Exists(PathOf(id));

    /// <summary>The log of a run that has ended, for one reader.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>log.damaged</c>.</exception>
    /// <exception cref="IOException">It is not there.</exception>
    public RunLogLease Open(string id)
    {
        Enter(id);
        try
        {
            return new(EventLog.Open(PathOf(id), new()), owned: true, () => Leave(id));
        }
        catch
        {
            Leave(id);
            throw;
        }
    }

    /// <summary>The log of a run that goes on, or did a moment ago, for one reader.</summary>
    public RunLogLease Share(string id, EventLog log)
    {
        Enter(id);
        return new(log, owned: false, () => Leave(id));
    }

    /// <summary>Lets go of a log. Those who read it go on reading.</summary>
    public void Delete(string id)
    {
        lock (_gate)
        {
            if (!_readers.Remove(id) && _spare.Count < MostSpare)
                Spare(id);
            else
                File.Delete(PathOf(id));
        }
    }

    public void DeleteAllBut(ISet<string> known)
    {
        foreach (var path in Directory.EnumerateFiles(_folder, "*.log").Where(path => !known.Contains(Path.GetFileNameWithoutExtension(path))))
            File.Delete(path);
    }

    private void Spare(string id)
    {
        var spare = Path.Combine(_spareFolder, $"{++_spared}");
        try
        {
            File.Move(PathOf(id), spare, overwrite: true);
            // At once: what was in it is deleted.
            File.OpenHandle(spare, FileMode.Truncate, FileAccess.Write).Dispose();
            _spare.Push(spare);
        }
        catch (FileNotFoundException)
        {
            // It is deleted already.
        }
    }

    private void Enter(string id)
    {
        lock (_gate)
            _readers[id] = _readers.GetValueOrDefault(id) + 1;
    }

    private void Leave(string id)
    {
        lock (_gate)
        {
            if (_readers.TryGetValue(id, out var count) && count > 1)
                _readers[id] = count - 1;
            else
                _readers.Remove(id);
        }
    }

    private string PathOf(string id) => Path.Combine(_folder, $"{id}.log");
}
