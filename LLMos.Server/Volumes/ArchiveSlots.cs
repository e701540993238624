using LLMos.Server.Accounts;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>Folders that are packed or unpacked: each takes a processor and some memory. One person has a part of the slots.</summary>
internal sealed class ArchiveSlots(IOptions<VolumeOptions> options)
    : Slots(options.Value.MaxArchives, () => VolumeErrors.ArchivesBusy(options.Value.MaxArchives))
{
    private readonly Dictionary<string, int> _people = new(StringComparer.Ordinal);

    /// <param name="patience">How long it may take until another archive is done.</param>
    /// <returns>Dispose it to make room for the next.</returns>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.archives_busy</c>: the person has too many, or all are taken.</exception>
    public async Task<IDisposable> TakeAsync(Caller caller, TimeSpan patience, CancellationToken cancellation)
    {
        var most = options.Value.MaxArchivesPerPerson;
        lock (_people)
        {
            var own = _people.GetValueOrDefault(caller.AccountId);
            if (own >= most)
                throw VolumeErrors.ArchivesBusy(most);
            _people[caller.AccountId] = own + 1;
        }

        try
        {
            return new PersonsSlot(this, caller.AccountId, await TakeAsync(patience, cancellation));
        }
        catch
        {
            GiveBack(caller.AccountId);
            throw;
        }
    }

    private void GiveBack(string person)
    {
        lock (_people)
        {
            if (--_people[person] == 0)
                _people.Remove(person);
        }
    }

    private sealed class PersonsSlot(ArchiveSlots slots, string person, IDisposable slot) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) != 0)
                return;
            slot.Dispose();
            slots.GiveBack(person);
        }
    }
}
