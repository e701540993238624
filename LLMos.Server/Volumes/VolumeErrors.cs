using System.Globalization;
using System.Text;
using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Volumes;

internal static class VolumeErrors
{
    private const int MostShown = 200;

    public static DomainException PathInvalid(string text, string why) =>
        new(new(ErrorKind.Invalid, "volumes.path_invalid", $"'{Shown(text)}' is not a path: {why}."));

    public static DomainException NotFound(VolumePath path) =>
        new(new(ErrorKind.NotFound, "volumes.not_found", $"There is nothing at '{Shown(path)}'."));

    public static DomainException VersionNotFound(VolumePath path, int version) =>
        new(new(ErrorKind.NotFound, "volumes.version_not_found", $"'{Shown(path)}' has no version {version} any more, or never had one."));

    public static DomainException NotInBin(long id) =>
        new(new(ErrorKind.NotFound, "volumes.not_in_bin", $"There is no entry {id} in the bin."));

    public static DomainException IsFolder(VolumePath path) =>
        new(new(ErrorKind.Conflict, "volumes.is_folder", $"'{Shown(path)}' is a folder."));

    public static DomainException IsFile(VolumePath path) =>
        new(new(ErrorKind.Conflict, "volumes.is_file", $"'{Shown(path)}' is a file, not a folder."));

    public static DomainException FolderMissing(VolumePath path) =>
        new(new(ErrorKind.NotFound, "volumes.folder_missing", $"There is no folder '{Shown(path)}'."));

    public static DomainException Exists(VolumePath path) =>
        new(new(ErrorKind.Conflict, "volumes.exists", $"There is something at '{Shown(path)}' already."));

    public static DomainException NotEmpty(VolumePath path) =>
        new(new(ErrorKind.Conflict, "volumes.not_empty", $"The folder '{Shown(path)}' is not empty."));

    public static DomainException IntoItself(VolumePath from, VolumePath to) =>
        new(new(ErrorKind.Conflict, "volumes.into_itself", $"'{Shown(from)}' cannot go into itself, to '{Shown(to)}'."));

    public static DomainException RootFixed(VolumePath path) =>
        new(new(ErrorKind.Conflict, "volumes.root_fixed", $"The volume '{Shown(path)}' itself cannot be written, moved or deleted."));

    public static DomainException ReadOnly(VolumePath path) => path.Volume == VolumeKind.System
        ? new(new(ErrorKind.Forbidden, "volumes.read_only", "system/ is read-only."))
        : new(new(ErrorKind.Forbidden, "volumes.read_only", "A viewer reads team/; writing there takes a member."));

    /// <param name="seen">What the caller wanted to replace; null: nothing.</param>
    public static DomainException Conflict(VolumePath path, string seen, FileNode? now) => new(new(
        ErrorKind.PreconditionFailed, "volumes.conflict",
        now is null
            ? $"'{Shown(path)}' is not there any more; you have seen {seen}. Nothing was changed."
            : Invariant($"'{Shown(path)}' is at version {now.Current.Number} (\"{now.Tag}\") now, by {now.Current.Author.Name} at {now.Current.ModifiedAt:u}; you have seen {seen}. Nothing was changed.")));

    public static DomainException TagMalformed(string header) =>
        new(new(ErrorKind.Invalid, "volumes.tag_malformed", $"{header} must be '*' or entity tags as answers give them, such as \"1f-3\"."));

    public static DomainException PartRefused() =>
        new(new(ErrorKind.Invalid, "volumes.part_refused", "Content-Range: a file is written whole, or added to with POST. Nothing was changed."));

    public static DomainException EncodingRefused(string coding) =>
        new(new(ErrorKind.UnsupportedMediaType, "volumes.encoding_refused", $"Content-Encoding: '{Shown(coding)}' is not unpacked here; send the file as it is to be kept. Nothing was changed."));

    public static DomainException ConditionRefused(string header) =>
        new(new(ErrorKind.Invalid, "volumes.condition_refused", $"{Shown(header)}: this request takes no such condition. Nothing was changed."));

    public static DomainException ExpectationRefused(string expectation) =>
        new(new(ErrorKind.ExpectationFailed, "volumes.expectation_refused", $"Expect: '{Shown(expectation)}' is not known; 100-continue is. Nothing was changed."));

    public static DomainException DigestRefused(string header) =>
        new(new(ErrorKind.Invalid, "volumes.digest_refused", $"{header}: only PUT of a file takes a digest, as Repr-Digest: sha-256=:…: with 32 bytes in Base64. Nothing was changed."));

    public static DomainException DigestMismatch() =>
        new(new(ErrorKind.Invalid, "volumes.digest_mismatch", "The body's SHA-256 is another than the digest says: it was changed on its way; send it again. Nothing was changed."));

    public static DomainException FileTooLarge(long limit) =>
        new(new(ErrorKind.TooLarge, "volumes.file_too_large", Invariant($"A file has {limit:N0} bytes at most.")));

    public static DomainException QuotaExceeded(string volume, long wanted, long limit) =>
        new(new(ErrorKind.StorageFull, "volumes.quota_exceeded", Invariant($"{volume}/ would have {wanted:N0} bytes; its quota is {limit:N0}. What is being written counts. Nothing was changed.")));

    public static DomainException DraftsExceeded(long limit) =>
        new(new(ErrorKind.StorageFull, "volumes.drafts_exceeded", Invariant($"All that you are writing at the same time may have {limit:N0} bytes together, in all programs and uploads; finish something first.")));

    public static DomainException TooManyDrafts(int limit) =>
        new(new(ErrorKind.Conflict, "volumes.too_many_drafts", Invariant($"You may write {limit:N0} files at the same time, in all programs and uploads; close some.")));

    public static DomainException TooManyEntries(string volume, int limit) =>
        new(new(ErrorKind.StorageFull, "volumes.too_many_entries", Invariant($"{volume}/ may have {limit:N0} files and folders. Nothing was changed.")));

    public static DomainException FolderFull(VolumePath folder, int limit) =>
        new(new(ErrorKind.StorageFull, "volumes.folder_full", Invariant($"'{Shown(folder)}' may have {limit:N0} entries. Nothing was changed.")));

    public static DomainException ContentMissing(VolumePath path) =>
        new(new(ErrorKind.Unavailable, "volumes.content_missing", $"The content of '{Shown(path)}' is missing or damaged on the server's disk; restore it from a backup."));

    public static DomainException ArchiveInvalid(string why) =>
        new(new(ErrorKind.Invalid, "volumes.archive_invalid", $"The zip cannot be taken: {Shown(why)}. Nothing was changed."));

    public static DomainException ArchiveNamesUnknown(string name) =>
        new(new(ErrorKind.Invalid, "volumes.archive_names_unknown", $"The zip does not say how its names are written, such as '{Shown(name)}'. Say it by names=, such as names=shift_jis, gbk, big5, euc-kr, cp866 or windows-1252. Nothing was changed."));

    public static DomainException ArchiveEncodingUnknown(string name) =>
        new(new(ErrorKind.Invalid, "volumes.archive_encoding_unknown", $"'{Shown(name)}' is no encoding that names in a zip are written in."));

    public static DomainException ArchiveTooLarge(string why) =>
        new(new(ErrorKind.TooLarge, "volumes.archive_too_large", $"The zip cannot be taken: {why}. Nothing was changed."));

    public static DomainException ArchivesBusy(int limit) =>
        new(new(ErrorKind.Busy, "volumes.archives_busy", Invariant($"{limit} folders are packed or unpacked already; try again in a moment."), RetryAfterSeconds: 2));

    public static DomainException ChangesGone(long after, long first) =>
        new(new(ErrorKind.Conflict, "volumes.changes_gone", Invariant($"Changes after {after} are not kept any more; the oldest that is has the number {first}. List the folder again.")));

    public static DomainException AfterUnknown(long after, long last) =>
        new(new(ErrorKind.Invalid, "volumes.after_unknown", Invariant($"'after' must lie between 0 and {last}, the number of the last change; it was {after}.")));

    public static DomainException SearchInvalid(int mostCharacters) =>
        new(new(ErrorKind.Invalid, "volumes.search_invalid", $"'q' has 1 to {mostCharacters} characters, and 'in' is name or content."));

    public static DomainException SearchesBusy(int limit) =>
        new(new(ErrorKind.Busy, "volumes.searches_busy", Invariant($"{limit} searches read files already; try again in a moment."), RetryAfterSeconds: 2));

    /// <summary>A name in a sentence: what would turn the sentence round or hide itself is shown as a box.</summary>
    private static string Shown(object path)
    {
        var text = path.ToString()!;
        var shown = new StringBuilder();
        foreach (var rune in text[..Math.Min(text.Length, MostShown)].EnumerateRunes())
            shown.Append(Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? Rune.ReplacementChar : rune);
        return shown.Append(text.Length > MostShown ? "…" : "").ToString();
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
