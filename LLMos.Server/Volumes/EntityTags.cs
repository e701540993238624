using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace LLMos.Server.Volumes;

/// <summary>HTTP's conditions as the volumes know them.</summary>
internal static class EntityTags
{
    public static EntityTagHeaderValue Of(FileTag tag) => new($"\"{tag}\"");

    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.tag_malformed</c>.</exception>
    public static WriteCondition ConditionOf(HttpRequest request)
    {
        var (match, noneMatch, since) = (request.Headers.IfMatch, request.Headers.IfNoneMatch, request.GetTypedHeaders().IfUnmodifiedSince);
        var mustBeNew = noneMatch.Count > 0;
        // A write has use for one of its forms only: that there is nothing yet.
        if (mustBeNew && noneMatch != "*")
            throw VolumeErrors.TagMalformed(HeaderNames.IfNoneMatch);
        // A tag says more than a date; a date that is none is ignored (RFC 9110 13.1.4).
        if (match.Count == 0)
            return new(MustBeNew: mustBeNew, UnmodifiedSince: since);
        return match == "*" ? new(MustExist: true, MustBeNew: mustBeNew) : new(TagsIn(match.ToString()), MustBeNew: mustBeNew);
    }

    private static List<FileTag> TagsIn(string header)
    {
        if (!EntityTagHeaderValue.TryParseStrictList([header], out var tags) || tags.Count == 0 || tags.Any(tag => tag.Tag == "*"))
            throw VolumeErrors.TagMalformed(HeaderNames.IfMatch);
        // A weak tag never matches, nor does one that is not ours.
        return [.. tags.Where(tag => !tag.IsWeak).Select(tag => Parse(tag.Tag.AsSpan()[1..^1]) ?? new(0, 0))];
    }

    private static FileTag? Parse(ReadOnlySpan<char> tag)
    {
        var dash = tag.IndexOf('-');
        return dash > 0
            && long.TryParse(tag[..dash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var file)
            && int.TryParse(tag[(dash + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var version)
                ? new FileTag(file, version)
                : null;
    }
}
