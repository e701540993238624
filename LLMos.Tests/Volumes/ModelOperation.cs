namespace LLMos.Tests.Volumes;

internal enum ModelDeed { Write, Append, MakeFolder, Move, Copy, Delete, Undelete, Purge, Restore }

/// <summary>One thing to do to the volumes and to their model.</summary>
/// <param name="Flag">Whether parents are made, what is there is replaced, or what is in a folder goes too.</param>
/// <param name="Number">A content; a version; or the place of an entry among those of the bin.</param>
/// <param name="Condition">Of a write: 0 none, 1 the version as it is, 2 the version before, 3 nothing there, 4 something there.</param>
internal sealed record ModelOperation(ModelDeed Deed, string Path, string To, bool Flag, int Number, int Condition)
{
    private static readonly string[] Names = ["a", "b", "c", "A", "ä", "a b", "x.txt"];

    /// <param name="folders">Where it happens, such as <c>user</c>.</param>
    /// <param name="largeOneIn">How many contents there are for one that lies in a file of its own.</param>
    public static ModelOperation Next(Random random, string[] folders, ModelVolumes model, int largeOneIn)
    {
        var deed = random.Next(100) switch
        {
            < 45 => ModelDeed.Write,
            < 50 => ModelDeed.Append,
            < 58 => ModelDeed.MakeFolder,
            < 66 => ModelDeed.Move,
            < 74 => ModelDeed.Copy,
            < 86 => ModelDeed.Delete,
            < 91 => ModelDeed.Undelete,
            < 96 => ModelDeed.Purge,
            _ => ModelDeed.Restore,
        };
        var number = deed switch
        {
            ModelDeed.Write or ModelDeed.Append => ModelContent.Next(random, largeOneIn),
            ModelDeed.Undelete or ModelDeed.Purge => random.Next(model.Bin.Count + 1),
            _ => random.Next(1, 6),
        };
        var path = AnyPath(random, folders);
        if (deed == ModelDeed.Append && model.File(path) is { } file && ModelContent.IsLong(file.Current.Content))
            deed = ModelDeed.Write;
        return new(deed, path, AnyPath(random, folders), random.Next(3) > 0, number, deed == ModelDeed.Write && random.Next(2) == 0 ? Math.Max(0, random.Next(10) - 5) : 0);
    }

    private static string AnyPath(Random random, string[] folders)
    {
        var path = folders[random.Next(folders.Length)];
        for (var depth = random.Next(40) == 0 ? 0 : random.Next(1, 4); depth > 0; depth--)
            path += "/" + Names[random.Next(Names.Length)];
        return path;
    }
}
