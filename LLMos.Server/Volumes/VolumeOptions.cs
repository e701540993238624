using System.ComponentModel.DataAnnotations;

namespace LLMos.Server.Volumes;

/// <summary>Limits on files, bound from the <c>Volumes</c> section. Every one has a hard maximum; none can be switched off.</summary>
public sealed record VolumeOptions
{
    public const string Section = "Volumes";

    /// <summary>Of the current versions of all files of one person, in mebibytes.</summary>
    [Range(1, 16_777_216)]
    public int UserMegabytes { get; init; } = 2048;

    /// <summary>The same for the team's volume.</summary>
    [Range(1, 16_777_216)]
    public int TeamMegabytes { get; init; } = 10_240;

    /// <summary>Former versions, each as 8 KiB at least, and deleted files of one volume, in mebibytes; beyond it the oldest go.</summary>
    [Range(0, 16_777_216)]
    public int KeptMegabytes { get; init; } = 2048;

    /// <summary>One file, in mebibytes.</summary>
    [Range(1, 1_048_576)]
    public int FileMegabytes { get; init; } = 1024;

    /// <summary>Files and folders of one volume; as many more may be in its bin, where long paths count for more.</summary>
    [Range(1, 1_000_000)]
    public int MaxEntries { get; init; } = 100_000;

    /// <summary>Files and folders directly in one folder.</summary>
    [Range(1, 1_000_000)]
    public int MaxFolderEntries { get; init; } = 50_000;

    /// <summary>Versions of a file that are kept beside the current one.</summary>
    [Range(0, 1000)]
    public int FormerVersions { get; init; } = 20;

    /// <summary>Days of running after which former versions and deleted files go.</summary>
    [Range(1, 3650)]
    public int KeptDays { get; init; } = 30;

    /// <summary>Changes of one volume that a watcher can catch up with.</summary>
    [Range(100, 1_000_000)]
    public int ChangesKept { get; init; } = 10_000;

    /// <summary>The memory that these may take, in mebibytes; beyond it the oldest go.</summary>
    [Range(1, 1024)]
    public int ChangesKeptMegabytes { get; init; } = 16;

    /// <summary>What one search by content reads at most, in mebibytes.</summary>
    [Range(1, 1_048_576)]
    public int SearchMegabytes { get; init; } = 512;

    /// <summary>Searches by content at the same time.</summary>
    [Range(1, 64)]
    public int MaxSearches { get; init; } = 2;

    /// <summary>Entries of a zip that is taken in.</summary>
    [Range(1, 100_000)]
    public int MaxArchiveEntries { get; init; } = 10_000;

    /// <summary>Folders that are packed or unpacked at the same time.</summary>
    [Range(1, 64)]
    public int MaxArchives { get; init; } = 8;

    /// <summary>The same of one person.</summary>
    [Range(1, 64)]
    public int MaxArchivesPerPerson { get; init; } = 2;

    /// <summary>Files that one person is writing at the same time, in all programs and uploads.</summary>
    [Range(8, 100_000)]
    public int MaxDraftsPerPerson { get; init; } = 256;

    /// <summary>Small contents held in memory for readers, in mebibytes.</summary>
    [Range(1, 65_536)]
    public int CacheMegabytes { get; init; } = 64;
}
