using System.Collections.Immutable;
using LLMos.Server.Foundation.Storage;

namespace LLMos.Server.Volumes;

/// <summary>Edits that become durable together, and the volumes as they are after them.</summary>
/// <param name="round">Batches of another round may have been lost.</param>
/// <param name="frees">Whether all of its edits only take away, and must be possible on a full disk.</param>
internal sealed class VolumeBatch(int round, bool frees = false)
{
    private readonly List<DocumentChange> _documents = [];

    public int Round => round;

    public bool Frees => frees;

    public int Edits { get; private set; }

    /// <summary>Whether the database has come to it: no edit is added any more.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Done when all readers see it.</summary>
    public Task Durable { get; set; } = Task.CompletedTask;

    public ImmutableDictionary<string, VolumeTree> After { get; private set; } = ImmutableDictionary<string, VolumeTree>.Empty;

    public List<(string Volume, VolumeChange Change)> Changes { get; } = [];

    /// <summary>The first change of the last document that goes from each volume's history.</summary>
    public Dictionary<string, long> Forgotten { get; } = new(StringComparer.Ordinal);

    /// <summary>Contents that nothing refers to any more once this is durable.</summary>
    public List<ContentHash> Unused { get; } = [];

    public void Add(VolumeEdit edit)
    {
        Edits++;
        _documents.AddRange(edit.Documents);
        Changes.AddRange(edit.Changes);
        After = edit.Trees;
    }

    public void Add(DocumentChange document) => _documents.Add(document);

    public void Apply(Documents documents)
    {
        foreach (var change in _documents)
        {
            if (change.Document is null)
            {
                documents.Delete(change.Collection, change.Id);
                continue;
            }

            change.Document["_id"] = change.Id;
            if (change.IsNew)
                documents.Add(change.Collection, change.Document);
            else
                documents.Put(change.Collection, change.Document);
        }
    }
}
