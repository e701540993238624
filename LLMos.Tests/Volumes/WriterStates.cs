namespace LLMos.Tests.Volumes;

/// <summary>What the writers of each life have left behind, as far as it was acknowledged.</summary>
internal sealed class WriterStates
{
    private readonly List<(string Folder, ModelVolumes Model)> _settled = [];

    /// <summary>Finds out how far each writer of the last life came: what was acknowledged, or one change more.</summary>
    /// <returns>What is wrong.</returns>
    public string? Settle(OpenVolumes volumes, int seed, IReadOnlyDictionary<int, int> acknowledged)
    {
        for (var writer = 0; writer < VolumeWriter.Writers; writer++)
        {
            var (folder, model, done) = (VolumeWriter.FolderOf(writer, seed), new ModelVolumes(VolumeWriter.Options), acknowledged.GetValueOrDefault(writer));
            using var operations = VolumeWriter.Operations(writer, seed, model).GetEnumerator();
            for (var number = 0; number < done && operations.MoveNext(); number++)
                model.Apply(operations.Current);

            var comparison = new ModelComparison(volumes, folder);
            if (comparison.Difference(model) is { } difference)
            {
                // The last one's acknowledgement may not have come through.
                operations.MoveNext();
                model.Apply(operations.Current);
                if (comparison.Difference(model) is { } other)
                    return $"after {done} acknowledged changes in {folder}: {difference}; after {operations.Current}: {other}";
            }

            if (comparison.DifferenceOfContents(model) is { } content)
                return content;
            _settled.Add((folder, model));
        }

        return null;
    }

    /// <summary>Whether what the last <paramref name="lives"/> left is still so.</summary>
    public string? Difference(OpenVolumes volumes, int lives) =>
        _settled.TakeLast((int)Math.Min(_settled.Count, (long)lives * VolumeWriter.Writers)).Select(each => new ModelComparison(volumes, each.Folder).Difference(each.Model)).FirstOrDefault(each => each is not null);
}
