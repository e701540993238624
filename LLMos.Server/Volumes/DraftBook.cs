using LLMos.Server.Accounts;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>Contents in the making: they lie on the disk before an edit sees them, so they count with the volume's files, and for their person.</summary>
internal sealed class DraftBook(VolumeStore store, IOptions<VolumeOptions> options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Count, long Bytes)> _people = new(StringComparer.Ordinal);

    // Of each volume: what its drafts will add to it.
    private readonly Dictionary<string, long> _volumes = new(StringComparer.Ordinal);

    // Files that a draft replaces: a second draft of one is not forgiven the same bytes.
    private readonly HashSet<long> _replaced = [];

    // One draft of the largest file is always possible, also where a person's own volume is smaller than that.
    private long MostBytes => Math.Max(options.Value.UserMegabytes, options.Value.FileMegabytes) * VolumeQuota.Megabyte;

    /// <param name="replaces">Whether the file that is at <paramref name="path"/> goes when the draft becomes a version.</param>
    /// <param name="unweighed">Bytes that do not count for the volume.</param>
    /// <returns>Dispose it when the draft is gone, or is a version.</returns>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.too_many_drafts</c>.</exception>
    public DraftShare Begin(Caller caller, VolumePath path, bool replaces, long unweighed = 0)
    {
        var volume = VolumeTree.KeyOf(path.Volume, caller.AccountId);
        var before = replaces ? store.Tree(volume).Find(path) as FileNode : null;
        lock (_gate)
        {
            var person = _people.GetValueOrDefault(caller.AccountId);
            if (person.Count >= options.Value.MaxDraftsPerPerson)
                throw VolumeErrors.TooManyDrafts(options.Value.MaxDraftsPerPerson);
            _people[caller.AccountId] = person with { Count = person.Count + 1 };
            var replaced = before is not null && _replaced.Add(before.Id) ? before : null;
            return new(this, caller.AccountId, volume, replaced?.Id, unweighed + (replaced?.Current.Length ?? 0));
        }
    }

    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.quota_exceeded</c>, <c>volumes.drafts_exceeded</c>.</exception>
    internal void Resize(DraftShare draft, long length)
    {
        var (used, quota) = (store.Tree(draft.Volume).Root.Totals.Bytes, VolumeQuota.BytesOf(draft.Volume, options.Value));
        lock (_gate)
        {
            var person = _people[draft.Person];
            var more = draft.CountedOf(length) - draft.CountedOf(draft.Bytes);
            var (ofPerson, ofVolume) = (person.Bytes + length - draft.Bytes, _volumes.GetValueOrDefault(draft.Volume) + more);
            if (more > 0 && used + ofVolume > quota)
                throw VolumeErrors.QuotaExceeded(draft.Volume.Split('/')[0], used + ofVolume, quota);
            if (length > draft.Bytes && ofPerson > MostBytes)
                throw VolumeErrors.DraftsExceeded(MostBytes);
            _people[draft.Person] = person with { Bytes = ofPerson };
            _volumes[draft.Volume] = ofVolume;
            draft.Bytes = length;
        }
    }

    internal void End(DraftShare draft)
    {
        lock (_gate)
        {
            var person = _people[draft.Person];
            if (person.Count == 1)
                _people.Remove(draft.Person);
            else
                _people[draft.Person] = (person.Count - 1, person.Bytes - draft.Bytes);
            var ofVolume = _volumes.GetValueOrDefault(draft.Volume) - draft.CountedOf(draft.Bytes);
            if (ofVolume == 0)
                _volumes.Remove(draft.Volume);
            else
                _volumes[draft.Volume] = ofVolume;
            if (draft.Replaced is { } file)
                _replaced.Remove(file);
        }
    }
}
