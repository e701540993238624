using System.ComponentModel.DataAnnotations;

namespace LLMos.Server.Foundation.Storage;

/// <summary>Where everything that outlives the process is kept, bound from the <c>Data</c> section.</summary>
public sealed record StorageOptions
{
    public const string Section = "Data";

    /// <summary>The one folder: database, run logs, keys. Relative to the working folder.</summary>
    [Required, StringLength(4096, MinimumLength = 1)]
    public string Path { get; init; } = "data";

    /// <summary>Changes that may wait for the disk; one more is refused with <c>storage.busy</c>.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaitingChanges { get; init; } = 10_000;

    /// <summary>Size of the change log at which it is copied into the database file: about 2 ms of standstill per megabyte.</summary>
    [Range(1, 256)]
    public int CheckpointMegabytes { get; init; } = 8;

    /// <summary>Room that is kept back on the disk, so that deleting and the like still work when it is full. 0: none.</summary>
    [Range(0, 1024)]
    public int ReserveMegabytes { get; init; } = 8;

    // Room for the group that reaches the checkpoint's size, however large, up to as much again.
    internal long ChangeLogBytes => 2L * CheckpointMegabytes * 1024 * 1024;

    /// <summary>The folder of what can be made again, which programs learn the path of. Not set: one in the system's temporary folder, as long as the server runs.</summary>
    [StringLength(4096, MinimumLength = 1)]
    public string? CachePath { get; init; }

    /// <summary>The folder that backups are made in, best on another disk. Not set: <c>backups</c> in the data folder.</summary>
    [StringLength(4096, MinimumLength = 1)]
    public string? BackupPath { get; init; }

    /// <summary>Backups that are kept; one more, and the oldest goes.</summary>
    [Range(1, 1000)]
    public int BackupsKept { get; init; } = 7;
}
