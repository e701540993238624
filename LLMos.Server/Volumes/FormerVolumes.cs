using LLMos.Server.Accounts;

namespace LLMos.Server.Volumes;

/// <summary>Deletes <c>user/</c> of people who were removed: files, versions, bin, history, and the contents that no other volume has.</summary>
internal sealed class FormerVolumes(VolumeStore store, VolumeHistory history) : IRemains
{
    // Edits of users wait for one of ours no longer than some ten milliseconds.
    private const int AtOnce = 500;

    private static readonly string Users = VolumeTree.KeyOf(VolumeKind.User, "");
    private static readonly Author Server = new("", "LLMos.Server", "removal");

    public string What => "files and folders";

    public IReadOnlyCollection<string> Owners() =>
        [.. store.Trees.Keys.Where(key => key.StartsWith(Users, StringComparison.Ordinal)).Select(key => key[Users.Length..])];

    public async Task<(long Count, long Bytes)> PurgeAsync(string accountId, CancellationToken cancellation)
    {
        var volume = VolumeTree.KeyOf(VolumeKind.User, accountId);
        // What was decided before the removal is in it then, and nothing comes after it.
        await store.SettleAsync();
        var tree = store.Tree(volume);
        while (!await store.EditAsync([volume], Server, edit => edit.Clear(volume, AtOnce)))
            cancellation.ThrowIfCancellationRequested();
        foreach (var some in history.DocumentsOf(volume).Chunk(AtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            await store.EditAsync([volume], Server, edit => Done(() => edit.ForgetChanges(volume, some)));
        }

        await store.EditAsync([volume], Server, edit => Done(() => edit.Remove(volume)));
        history.Remove(volume);
        return (tree.Root.Totals.Nodes - 1 + tree.BinNodes, tree.Root.Totals.AllBytes + tree.BinBytes);
    }

    private static bool Done(Action decide)
    {
        decide();
        return true;
    }
}
