using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Storage.Backups;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>Whether every content that the volumes of a backup refer to is in it: small ones by their hash, large ones by their length.</summary>
internal sealed class VolumeBackupCheck : IBackupCheck
{
    public IEnumerable<string> Check(Documents documents, string folder)
    {
        var contents = HiddenFolder.Find(Path.Combine(folder, ContentFiles.FolderName));
        var loaded = VolumeLoading.Load(documents, new(Options.Create(new VolumeOptions())), NullLogger.Instance);
        foreach (var content in loaded.Trees.Values.SelectMany(tree => tree.Contents).Distinct())
        {
            if (Problem(content) is { } problem)
                yield return $"content {content.Hash} {problem}";
        }

        string? Problem(ContentReference content)
        {
            if (content.Length <= ContentStore.MostInline)
                return ContentStore.IsWhole(ContentStore.Stored(documents, content), content) ? null : "is missing in the database or damaged";
            var length = LengthOf(Path.Combine(contents, ContentFiles.NameOf(content.Hash)));
            return length == content.Length ? null : $"has {length?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "no"} bytes, not {content.Length}";
        }
    }

    public void Renew(Documents documents) => VolumeIds.Renew(documents);

    private static long? LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length : null;
}
