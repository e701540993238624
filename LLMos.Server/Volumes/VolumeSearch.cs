using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>Finds files and folders by a part of their name, or files by a part of their text; case does not count.</summary>
internal sealed class VolumeSearch(ContentStore contents, IOptions<VolumeOptions> options) : IDisposable
{
    private const int MostMatches = 1000, MostTextCharacters = 200, MostQueryCharacters = 200, MostLines = 5, Before = 60, ShownCharacters = 200;
    private const long MostFileBytes = 1024 * 1024;

    /// <summary>What the matches of one search may take in memory: long paths make them fewer.</summary>
    public const long MostAnswerBytes = 4 * 1024 * 1024;

    // Long enough for gigabytes that are in the system's memory, short enough for who waits.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Slots _slots = new(options.Value.MaxSearches, () => VolumeErrors.SearchesBusy(options.Value.MaxSearches));

    /// <param name="where"><c>name</c> or <c>content</c>: UTF-8 text of up to 1 MiB a file.</param>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.search_invalid</c>, <c>volumes.searches_busy</c>.</exception>
    public async Task<SearchResult> FindAsync(VolumePath from, Node root, string query, string where, int limit, CancellationToken cancellation)
    {
        if (query.Length is 0 or > MostQueryCharacters || where is not ("name" or "content"))
            throw VolumeErrors.SearchInvalid(MostQueryCharacters);

        // As names are; a text is as it was written.
        if (where == "name")
            query = Composition.Compose(query);

        // As long as one search may take: who types on has a search of before before the one that counts.
        using var slot = where == "content" ? await _slots.TakeAsync(Patience, cancellation) : null;
        var unread = options.Value.SearchMegabytes * VolumeQuota.Megabyte;
        var (begun, weight) = (Stopwatch.GetTimestamp(), 0L);
        List<SearchMatch> matches = [];
        var open = new Stack<(VolumePath Path, Node Node)>([(from, root)]);
        while (open.TryPop(out var next))
        {
            cancellation.ThrowIfCancellationRequested();
            if (matches.Count == Math.Clamp(limit, 1, MostMatches) || weight > MostAnswerBytes || unread < 0 || Stopwatch.GetElapsedTime(begun) > Patience)
                return new(matches, IsComplete: false);
            if (next.Path != from && Match(next.Path, next.Node, query, where, ref unread) is { } match)
            {
                matches.Add(match);
                weight += VolumeAnswers.WeightOf(match.Entry.Path.Length + match.Lines.Sum(line => line.Text.Length));
            }

            // Pushed from the last, so that they come in the order of their names.
            var children = next.Node is FolderNode folder ? folder.Children : [];
            for (var index = children.Length - 1; index >= 0; index--)
                open.Push((next.Path.Child(children[index].Name), children[index]));
        }

        return new(matches, IsComplete: true);
    }

    public void Dispose() => _slots.Dispose();

    private SearchMatch? Match(VolumePath path, Node node, string query, string where, ref long unread)
    {
        if (where == "name")
            return path.Name.Contains(query, StringComparison.OrdinalIgnoreCase) ? new(VolumeAnswers.Of(path, node), []) : null;
        if (node is not FileNode { Current.Length: <= MostFileBytes } file)
            return null;

        unread -= file.Current.Length;
        return TextOf(file.Current) is { } text && LinesWith(query, text) is { Count: > 0 } lines
            ? new(VolumeAnswers.Of(path, node), lines)
            : null;
    }

    /// <returns>Null when it is not text, or not there.</returns>
    private string? TextOf(FileVersion version)
    {
        using var content = contents.Open(version.Content);
        if (content is null)
            return null;
        var bytes = new byte[version.Length];
        content.ReadExactly(bytes);
        return bytes.AsSpan().Contains((byte)0) ? null : Encoding.UTF8.GetString(bytes);
    }

    private static List<MatchingLine> LinesWith(string query, string text)
    {
        List<MatchingLine> found = [];
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var at = line.IndexOf(query, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                continue;
            var start = Math.Max(0, at - Before);
            found.Add(new(number, line.Slice(start, Math.Min(ShownCharacters, line.Length - start)).ToString()));
            if (found.Count == MostLines)
                break;
        }

        return found;
    }
}
