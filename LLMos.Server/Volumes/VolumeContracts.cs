using LLMos.Server.Foundation.Storage.Backups;
using MessagePack;

namespace LLMos.Server.Volumes;

/// <summary>The three volumes as the caller has them, and what holds for each file.</summary>
public sealed record VolumeList(IReadOnlyList<VolumeSummary> Volumes, long MaxFileBytes, int MaxFolderEntries, int FormerVersions, int KeptDays);

/// <param name="Name">user, team or system.</param>
/// <param name="Bytes">Of the current versions of all files; <paramref name="QuotaBytes"/> at most.</param>
/// <param name="MaxEntries">Files and folders.</param>
/// <param name="KeptBytes">Of former versions, which count as 8 KiB each at least, and of the bin; beyond <paramref name="KeptQuotaBytes"/> the oldest go.</param>
/// <param name="Sequence">The number of the volume's last change.</param>
public sealed record VolumeSummary(
    string Name, bool IsWritable, int Files, int Folders, long Bytes, long QuotaBytes, int MaxEntries, long KeptBytes, long KeptQuotaBytes, int BinEntries, long Sequence);

/// <param name="Via">person, token, product, or run and the run's id.</param>
public sealed record EntryAuthor(string Name, string Via);

/// <summary>A file or a folder.</summary>
/// <param name="Path">Whole, such as <c>user/a/b.txt</c>.</param>
/// <param name="Type">file or folder.</param>
/// <param name="Bytes">Of the file, or of all files below the folder.</param>
/// <param name="Version">Of a file; as are <paramref name="Tag"/> (its ETag without quotes), <paramref name="Hash"/> (SHA-256), <paramref name="ModifiedAt"/>, <paramref name="Author"/> and <paramref name="MediaType"/>.</param>
/// <param name="Files">Below a folder, at any depth.</param>
/// <param name="Folders">Below a folder, at any depth.</param>
public sealed record Entry(
    string Path, string Name, string Type, long Bytes, DateTime CreatedAt, int? Version = null, string? Tag = null, string? Hash = null,
    DateTime? ModifiedAt = null, EntryAuthor? Author = null, string? MediaType = null, int? Files = null, int? Folders = null);

/// <summary>A page of a folder, in the order of names.</summary>
/// <param name="Sequence">What to give a watcher as <c>after</c>.</param>
/// <param name="Count">Of all entries.</param>
/// <param name="Next">What to give as <c>after</c> for the next page; null: this is the last.</param>
public sealed record FolderListing(string Path, long Sequence, int Count, IReadOnlyList<Entry> Entries, string? Next);

/// <summary>Two whole paths, of one volume or of two.</summary>
/// <param name="Overwrite">Whether a file, or an empty folder, that is there may be replaced. It goes to the bin.</param>
public sealed record MoveRequest(string From, string To, bool Overwrite = false);

/// <summary>The versions of a file that are kept, the newest first.</summary>
public sealed record FileHistory(string Path, IReadOnlyList<FileVersionEntry> Versions);

public sealed record FileVersionEntry(int Version, long Bytes, string Tag, string Hash, DateTime ModifiedAt, EntryAuthor Author, bool IsCurrent);

public sealed record RestoreVersionRequest(string Path, int Version);

/// <summary>A page of what was deleted and can be brought back, the latest first.</summary>
/// <param name="Count">Of all entries.</param>
/// <param name="Next">What to give as <c>after</c> for the next page; null: this is the last.</param>
public sealed record BinListing(int Count, IReadOnlyList<BinnedEntry> Entries, long? Next);

/// <param name="Path">Where it was.</param>
/// <param name="Bytes">Of all versions below.</param>
public sealed record BinnedEntry(long Id, string Path, string Type, long Bytes, int Files, DateTime DeletedAt, EntryAuthor DeletedBy);

/// <param name="To">Where to; null: where it was.</param>
public sealed record UndeleteRequest(string? To = null);

/// <param name="Last">The number of the volume's last change, which may be later than those given.</param>
public sealed record ChangeListing(IReadOnlyList<Change> Changes, long Last);

/// <summary>Something that happened in a volume.</summary>
/// <param name="Sequence">From 1, without gaps, for each volume.</param>
/// <param name="Kind">created, changed, removed or moved. A folder that is moved or removed is one change.</param>
/// <param name="From">Where something moved was before.</param>
/// <param name="Type">file or folder.</param>
/// <param name="Version">Of a file that is there now.</param>
[MessagePackObject]
public sealed record Change(
    [property: Key("sequence")] long Sequence,
    [property: Key("kind")] string Kind,
    [property: Key("path")] string Path,
    [property: Key("from")] string? From,
    [property: Key("type")] string Type,
    [property: Key("version")] int? Version,
    [property: Key("at")] DateTime At,
    [property: Key("author")] string Author);

/// <param name="IsComplete">False when there was more to find, or more to look through than one search may.</param>
public sealed record SearchResult(IReadOnlyList<SearchMatch> Matches, bool IsComplete);

/// <param name="Lines">Of a search by content: the first lines that match.</param>
public sealed record SearchMatch(Entry Entry, IReadOnlyList<MatchingLine> Lines);

/// <param name="Line">From 1.</param>
/// <param name="Text">At most 200 characters round the match.</param>
public sealed record MatchingLine(int Line, string Text);

/// <summary>Whether every file is whole.</summary>
/// <param name="Problems">How many there are; <paramref name="Damage"/> has the first.</param>
public sealed record CheckAnswer(int Volumes, int Files, int Folders, int Contents, long Bytes, int Problems, IReadOnlyList<string> Damage);

/// <param name="Backups">The oldest first.</param>
public sealed record BackupList(IReadOnlyList<BackupManifest> Backups);

/// <summary>What a zip brought.</summary>
/// <param name="Path">The folder that it is in now.</param>
/// <param name="Folders">That the zip has by themselves; those of its files are made too.</param>
/// <param name="LeftOut">What was not taken, at most 100 of them; <paramref name="LeftOutOmitted"/> counts the rest.</param>
public sealed record ImportResult(string Path, int Files, int Folders, long Bytes, IReadOnlyList<LeftOutEntry> LeftOut, int LeftOutOmitted);

/// <param name="Name">As the zip has it.</param>
/// <param name="Reason">A few words, such as <c>a link</c>.</param>
public sealed record LeftOutEntry(string Name, string Reason);
