using System.Runtime.CompilerServices;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Hosting;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Volumes;

/// <summary>What happens in the volumes, while it happens.</summary>
internal sealed class VolumeHub(VolumeFiles files, HubStreams streams, AnswerRoom room) : Hub
{
    private const int MostChanges = 1000;

    /// <summary>Streams, in batches, the changes that concern a folder: those after number <paramref name="after"/>, then those to come. Null: only those to come.</summary>
    /// <remarks>Not an iterator itself: the look-up must refuse while SignalR's filters still listen.</remarks>
    public IAsyncEnumerable<Change[]> Watch(string? folder, long? after, CancellationToken cancellation)
    {
        var (caller, at) = (Caller.Of(Context.User), VolumePath.Parse(folder ?? ""));
        return streams.Begin(Context, () => Concerning(
            caller, at, files.Watch(caller, at.Volume, after ?? files.Tree(caller, at.Volume).Sequence, MostChanges, cancellation), cancellation));
    }

    private async IAsyncEnumerable<Change[]> Concerning(
        Caller caller, VolumePath folder, IAsyncEnumerable<IReadOnlyList<VolumeChange>> batches, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var batch in batches)
        {
            var changes = batch.Where(change => change.Concerns(folder)).ToList();
            if (changes.Count == 0)
                continue;
            using (await room.TakeAsync(caller.AccountId, VolumeAnswers.WeightOf(changes), cancellation))
                yield return [.. changes.Select(VolumeAnswers.Of)];
        }
    }
}
