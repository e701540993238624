using LLMos.Server.Foundation.Errors;
using LLMos.Server.Volumes;

namespace LLMos.Tests.Volumes;

/// <summary>Does to the volumes what <see cref="ModelVolumes"/> does to itself.</summary>
internal sealed class ModelRunner(OpenVolumes volumes, string within)
{
    /// <summary>Whether an operation is decided when the call returns, so that the next may follow before it is durable.</summary>
    public static bool IsDecidedAtOnce(ModelOperation operation) => operation.Deed switch
    {
        ModelDeed.Write => operation.Condition is 0 or 3 or 4 && ModelContent.Length(ModelContent.Of(operation.Number)) <= ContentStore.MostInline,
        ModelDeed.Append or ModelDeed.Undelete or ModelDeed.Purge => false,
        _ => true,
    };

    /// <returns>The code of the refusal; null: it was done, and is durable.</returns>
    public async Task<string?> ApplyAsync(ModelOperation operation)
    {
        try
        {
            await DoAsync(operation);
            return null;
        }
        catch (DomainException refusal)
        {
            return refusal.Error.Code;
        }
    }

    /// <summary>Entries of both bins that were deleted from here, in the order of their deletion.</summary>
    public IEnumerable<(VolumeKind Volume, BinEntry Entry)> Bin() =>
        from volume in new[] { VolumeKind.User, VolumeKind.Team }
        from entry in volumes.Files.Bin(OpenVolumes.Anna, volume)
        where within.Length == 0 || entry.Path == within || entry.Path.StartsWith(within + "/", StringComparison.Ordinal)
        orderby entry.Id
        select (volume, entry);

    private async Task DoAsync(ModelOperation operation)
    {
        var (files, path, to) = (volumes.Files, VolumePath.Parse(operation.Path), VolumePath.Parse(operation.To));
        switch (operation.Deed)
        {
            case ModelDeed.Write when operation.Condition == 0:
                await files.WriteAsync(OpenVolumes.Anna, path, Body(operation), WriteCondition.None, operation.Flag, CancellationToken.None);
                break;
            case ModelDeed.Write:
                var condition = ConditionOf(operation, path);
                using (var staged = await volumes.Contents.StageAsync(ModelContent.Bytes(ModelContent.Of(operation.Number)), files.MostFileBytes, CancellationToken.None))
                    await files.WriteAsync(OpenVolumes.Anna, path, staged, condition, operation.Flag);
                break;
            case ModelDeed.Append:
                await files.AppendAsync(OpenVolumes.Anna, path, Body(operation), WriteCondition.None, operation.Flag, CancellationToken.None);
                break;
            case ModelDeed.MakeFolder:
                await files.MakeFolderAsync(OpenVolumes.Anna, path, operation.Flag);
                break;
            case ModelDeed.Move:
                await files.MoveAsync(OpenVolumes.Anna, path, to, operation.Flag, makeFolders: true);
                break;
            case ModelDeed.Copy:
                await files.CopyAsync(OpenVolumes.Anna, path, to, operation.Flag, makeFolders: true);
                break;
            case ModelDeed.Delete:
                await files.DeleteAsync(OpenVolumes.Anna, path, WriteCondition.None, operation.Flag);
                break;
            case ModelDeed.Undelete:
                var (volume, entry) = InBin(operation.Number);
                await files.UndeleteAsync(OpenVolumes.Anna, volume, entry, operation.Flag ? null : to);
                break;
            case ModelDeed.Purge:
                var (from, gone) = InBin(operation.Number);
                await files.PurgeAsync(OpenVolumes.Anna, from, gone);
                break;
            default:
                await files.RestoreAsync(OpenVolumes.Anna, path, operation.Number, WriteCondition.None);
                break;
        }
    }

    private WriteCondition ConditionOf(ModelOperation operation, VolumePath path) => operation.Condition switch
    {
        1 => WriteCondition.At((volumes.Files.Find(OpenVolumes.Anna, path) as FileNode)?.Tag ?? new(long.MaxValue, 1)),
        2 => WriteCondition.At(new((volumes.Files.Find(OpenVolumes.Anna, path) as FileNode)?.Id ?? long.MaxValue, 1)),
        3 => WriteCondition.New,
        _ => new(MustExist: true),
    };

    private (VolumeKind Volume, long Entry) InBin(int number) =>
        Bin().Select(found => (found.Volume, found.Entry.Id)).ElementAtOrDefault(number) is { Id: > 0 } found ? found : (VolumeKind.User, long.MaxValue);

    private static MemoryStream Body(ModelOperation operation) => new(ModelContent.Bytes(ModelContent.Of(operation.Number)));
}
