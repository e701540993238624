using System.Text.Json;
using LLMos.Server.Foundation.Storage;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Runs.Doctor;

/// <summary>The result of the last attack on this install, as a file in the data folder: the doctor writes it, the server shows it.</summary>
internal sealed class LastAttack(IOptions<StorageOptions> storage)
{
    private const int MaxBytes = 262_144;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path = Path.Combine(storage.Value.Path, "last-attack.json");
    private readonly Lock _gate = new();
    private (DateTime Written, long Bytes) _known;
    private AttackSummary? _summary;

    /// <returns>Null when there has been none, or its file cannot be read.</returns>
    public AttackSummary? Read()
    {
        lock (_gate)
        {
            var file = new FileInfo(_path);
            if (!file.Exists)
                return null;
            if (_known != (file.LastWriteTimeUtc, file.Length))
            {
                _known = (file.LastWriteTimeUtc, file.Length);
                _summary = Parse(file);
            }

            return _summary;
        }
    }

    /// <summary>Replaces it as a whole.</summary>
    /// <exception cref="IOException">The data folder cannot be written to.</exception>
    public void Write(AttackSummary summary)
    {
        var next = $"{_path}.{Ulid.NewUlid()}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
        using (var stream = new FileStream(next, options))
        {
            JsonSerializer.Serialize(stream, summary, JsonSerializerOptions.Web);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, _path, overwrite: true);
    }

    private static AttackSummary? Parse(FileInfo file)
    {
        try
        {
            if (file.Length > MaxBytes)
                return null;
            using var stream = file.OpenRead();
            var summary = JsonSerializer.Deserialize<AttackSummary>(stream, JsonSerializerOptions.Web);
            return summary is { Version: not null, Broken: not null } && summary.Broken.All(IsWhole) ? summary : null;
        }
        catch (Exception broken) when (broken is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsWhole(AttackOutcome? broken) => broken is { Name: not null, Layer: not null, Also: not null, Seen: not null };
}
