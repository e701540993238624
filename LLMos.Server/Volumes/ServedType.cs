namespace LLMos.Server.Volumes;

/// <summary>As what a browser is given a file: as nothing that it would run, take for a page, or lay over one.</summary>
/// <remarks>
/// A page reaches out before its policy is asked (a connection ahead, the look-up of a name), so no file is one. And with
/// <c>nosniff</c> text is no script, worker or style, whoever asks for it as one.
/// </remarks>
/// <param name="Type">With its charset, where it is text.</param>
/// <param name="IsShown">Whether it may be shown where it is opened; else it is saved.</param>
internal sealed record ServedType(string Type, bool IsShown)
{
    private const string Text = "text/plain";

    // Text with a name of its own that no browser acts on.
    private static readonly HashSet<string> Inert = [Text, "text/csv", "text/markdown", "text/tab-separated-values", "text/x-python", "text/yaml"];

    public static ServedType Of(string mediaType) => mediaType switch
    {
        "application/json" => new(mediaType, IsShown: true),
        _ when Inert.Contains(mediaType) => new($"{mediaType}; charset=utf-8", IsShown: true),
        _ when IsText(mediaType) => new($"{Text}; charset=utf-8", IsShown: true),
        _ when IsPicture(mediaType) => new(mediaType, IsShown: true),
        _ => new(mediaType, IsShown: false),
    };

    private static bool IsText(string type) =>
        type.StartsWith("text/", StringComparison.Ordinal) || type.EndsWith("xml", StringComparison.Ordinal) || type.EndsWith("script", StringComparison.Ordinal)
        || type.EndsWith("html", StringComparison.Ordinal) || type is "application/manifest+json" or "application/xslt+xml";

    private static bool IsPicture(string type) =>
        type.StartsWith("image/", StringComparison.Ordinal) || type.StartsWith("audio/", StringComparison.Ordinal) || type.StartsWith("video/", StringComparison.Ordinal);
}
