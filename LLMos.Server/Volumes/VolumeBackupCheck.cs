using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Storage.Backups;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>Whether every content that the volumes of a backup refer to is in it, with its length.</summary>
internal sealed class VolumeBackupCheck : IBackupCheck
{
    public IEnumerable<string> Check(Documents documents, string folder)
    {
        var loaded = VolumeLoading.Load(documents, new(Options.Create(new VolumeOptions())), NullLogger.Instance);
        foreach (var content in loaded.Trees.Values.SelectMany(tree => tree.Contents).Distinct())
        {
            var length = content.Length <= ContentStore.MostInline
                ? documents.Find(VolumeDocuments.Contents, content.StoredAs)?["b"].AsBinary.Length
                : LengthOf(Path.Combine(folder, ContentFiles.FolderName, ContentFiles.NameOf(content.Hash)));
            if (length != content.Length)
                yield return $"content {content.Hash} has {length?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "no"} bytes, not {content.Length}";
        }
    }

    private static long? LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length : null;
}
