using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace LLMos.Server.Volumes;

/// <summary>A checked path such as <c>user/data/a.csv</c>: the only way to name a file. Case counts; names are in NFC.</summary>
internal sealed class VolumePath : IEquatable<VolumePath>
{
    /// <summary>Of a name, and of a whole path with its volume, in UTF-8; folders in folders.</summary>
    public const int MaxNameBytes = 255, MaxPathBytes = 4096, MaxDepth = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly ImmutableArray<string> Volumes = ["user", "team", "system"];

    private readonly string _text;

    private VolumePath(VolumeKind volume, ImmutableArray<string> segments)
    {
        (Volume, Segments) = (volume, segments);
        _text = string.Join('/', segments.Insert(0, NameOf(volume)));
    }

    public VolumeKind Volume { get; }

    /// <summary>Without the volume; empty for the volume itself.</summary>
    public ImmutableArray<string> Segments { get; }

    public bool IsRoot => Segments.IsEmpty;

    /// <summary>The last segment; of a volume its own name.</summary>
    public string Name => IsRoot ? NameOf(Volume) : Segments[^1];

    /// <summary>The folder that it is in; of a volume itself.</summary>
    public VolumePath Parent => IsRoot ? this : new(Volume, Segments[..^1]);

    public static string NameOf(VolumeKind volume) => Volumes[(int)volume];

    /// <summary>Reads <c>user/a/b</c>; a volume alone is written <c>user</c> or <c>user/</c>.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.path_invalid</c>.</exception>
    public static VolumePath Parse(string text)
    {
        var first = text.IndexOf('/', StringComparison.Ordinal);
        return first < 0 ? Parse(text, "") : Parse(text[..first], text[(first + 1)..]);
    }

    /// <summary>Reads the volume's name, and the rest without it: empty for the volume itself.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.path_invalid</c>.</exception>
    public static VolumePath Parse(string volume, string rest)
    {
        var kind = Volumes.IndexOf(volume);
        if (kind < 0)
            throw VolumeErrors.PathInvalid(volume, "a path begins with user/, team/ or system/");
        return rest.Length == 0 ? new((VolumeKind)kind, []) : new VolumePath((VolumeKind)kind, []).Join(rest);
    }

    /// <summary>What lies at <paramref name="rest"/> from here.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.path_invalid</c>.</exception>
    public VolumePath Join(string rest)
    {
        // Long before anything is made of it: what arrives may have megabytes.
        if (rest.Length > MaxPathBytes)
            throw VolumeErrors.PathInvalid(rest, $"it is longer than {MaxPathBytes} bytes");

        var path = new VolumePath(Volume, [.. Segments, .. rest.Split('/').Select(Checked)]);
        if (path.Segments.Length > MaxDepth)
            throw VolumeErrors.PathInvalid(rest, $"it is deeper than {MaxDepth} folders");
        return StrictUtf8.GetByteCount(path._text) <= MaxPathBytes ? path : throw VolumeErrors.PathInvalid(rest, $"it is longer than {MaxPathBytes} bytes");
    }

    /// <summary>What is named <paramref name="name"/>, a name of a node, in this folder.</summary>
    public VolumePath Child(string name) => new(Volume, Segments.Add(name));

    /// <summary>Whether this is <paramref name="folder"/> or lies in it.</summary>
    public bool IsWithin(VolumePath folder) =>
        Volume == folder.Volume && Segments.Length >= folder.Segments.Length && Segments.AsSpan()[..folder.Segments.Length].SequenceEqual(folder.Segments.AsSpan());

    public bool Equals([NotNullWhen(true)] VolumePath? other) => other?._text == _text;

    public override bool Equals(object? obj) => Equals(obj as VolumePath);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _text;

    private static string Checked(string segment)
    {
        if (segment.Length == 0)
            throw VolumeErrors.PathInvalid(segment, "it has an empty segment");
        if (segment is "." or "..")
            throw VolumeErrors.PathInvalid(segment, "'.' and '..' are not names");
        if (segment.Contains('\\', StringComparison.Ordinal))
            throw VolumeErrors.PathInvalid(segment, "it has a backslash; folders are divided by /");
        if (segment.Any(char.IsControl))
            throw VolumeErrors.PathInvalid(segment, "it has a control character");
        // A server leaves this one escape as it is: in a URL nobody could tell such a name from two names.
        if (segment.Contains("%2f", StringComparison.OrdinalIgnoreCase))
            throw VolumeErrors.PathInvalid(segment, "a name cannot have a /, nor the text %2F");
        return Composed(segment);
    }

    private static string Composed(string segment)
    {
        try
        {
            // Composing takes valid Unicode.
            StrictUtf8.GetByteCount(segment);
            var composed = Composition.Compose(segment);
            return StrictUtf8.GetByteCount(composed) <= MaxNameBytes ? composed : throw VolumeErrors.PathInvalid(segment, $"a name has {MaxNameBytes} bytes at most");
        }
        catch (ArgumentException)
        {
            throw VolumeErrors.PathInvalid(segment, "it has a character that is not valid Unicode");
        }
    }
}
