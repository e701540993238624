using System.Text.Json;

namespace LLMos.Server.Foundation.Storage.Backups;

/// <summary>What a backup says of itself, in <c>backup.json</c>; written last, so that a folder without it is not a backup.</summary>
/// <param name="Bytes">Of all files.</param>
/// <param name="DatabaseHash">SHA-256 of the database's copy, in hexadecimal.</param>
public sealed record BackupManifest(string Name, DateTime CreatedAt, string Server, int Files, long Bytes, string DatabaseHash)
{
    public const string FileName = "backup.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static BackupManifest? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) ? JsonSerializer.Deserialize<BackupManifest>(File.ReadAllBytes(path), Json) : null;
    }

    public void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        using (var file = new FileStream(path, FileMode.CreateNew))
        {
            JsonSerializer.Serialize(file, this, Json);
            file.Flush(flushToDisk: true);
        }

        FileSync.Folder(folder);
    }
}
