using LLMos.Server.Accounts;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Volumes;

/// <summary>What happens in the volumes, while it happens.</summary>
internal sealed class VolumeHub(VolumeFiles files) : Hub
{
    private const int MostChanges = 1000;

    /// <summary>Streams, in batches, the changes that concern a folder: those after number <paramref name="after"/>, then those to come. Null: only those to come.</summary>
    /// <remarks>Not an iterator itself: the look-up must refuse while SignalR's filters still listen.</remarks>
    public IAsyncEnumerable<Change[]> Watch(string? folder, long? after, CancellationToken cancellation)
    {
        var (caller, at) = (Caller.Of(Context.User), VolumePath.Parse(folder ?? ""));
        return Concerning(at, files.Watch(caller, at.Volume, after ?? files.Tree(caller, at.Volume).Sequence, MostChanges, cancellation));
    }

    private static async IAsyncEnumerable<Change[]> Concerning(VolumePath folder, IAsyncEnumerable<IReadOnlyList<VolumeChange>> batches)
    {
        await foreach (var batch in batches)
        {
            if (batch.Where(change => change.Concerns(folder)).Select(VolumeAnswers.Of).ToArray() is { Length: > 0 } changes)
                yield return changes;
        }
    }
}
