using System.Security.Cryptography;

namespace LLMos.Server.Foundation.Storage;

/// <summary>A folder of a folder whose name cannot be guessed. What has a name that others may know lies in it.</summary>
/// <remarks>
/// Programs have the server's user where that is an ordinary one. They list and open nothing of the data folder, but no
/// layer of the sandbox hinders them from asking whether a path exists, how large it is, and when it changed.
/// </remarks>
internal static class HiddenFolder
{
    private const int NameBytes = 16;

    /// <summary>The hidden folder of <paramref name="parent"/>, made when there is none. What an earlier version put beside it moves in; who is stopped there goes on at the next start.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static string Open(string parent)
    {
        Directory.CreateDirectory(parent);
        var hidden = Find(parent) is var found && found != parent
            ? found
            : Directory.CreateDirectory(Path.Combine(parent, RandomNumberGenerator.GetHexString(2 * NameBytes, lowercase: true))).FullName;
        var beside = Directory.EnumerateFileSystemEntries(parent).Where(entry => entry != hidden).ToList();
        foreach (var entry in beside)
            Move(entry, IsHidden(entry) ? hidden : Path.Combine(hidden, Path.GetFileName(entry)));
        if (beside.Count > 0)
            FileSync.Folder(hidden);
        FileSync.Folder(parent);
        return hidden;
    }

    /// <summary>The hidden folder, or <paramref name="parent"/> itself where none was made: a backup of an earlier version.</summary>
    public static string Find(string parent) =>
        Directory.Exists(parent) ? Directory.EnumerateDirectories(parent).Where(IsHidden).Order(StringComparer.Ordinal).FirstOrDefault(parent) : parent;

    private static bool IsHidden(string path) =>
        Path.GetFileName(path) is { Length: 2 * NameBytes } name && name.All(char.IsAsciiHexDigitLower) && Directory.Exists(path);

    /// <summary>One rename, or, where a folder of the name is there already, one for each of its entries.</summary>
    private static void Move(string from, string to)
    {
        if (!Directory.Exists(from))
        {
            File.Move(from, to, overwrite: true);
        }
        else if (!Directory.Exists(to))
        {
            Directory.Move(from, to);
        }
        else
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(from).ToList())
                Move(entry, Path.Combine(to, Path.GetFileName(entry)));
            Directory.Delete(from);
            FileSync.Folder(to);
        }
    }
}
