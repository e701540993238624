using System.ComponentModel.DataAnnotations;

namespace LLMos.Server.Foundation.Storage;

/// <summary>Where everything that outlives the process is kept, bound from the <c>Data</c> section.</summary>
public sealed record StorageOptions
{
    public const string Section = "Data";

    /// <summary>The one folder: database, run logs, keys. Relative to the working folder.</summary>
    [Required, MinLength(1)]
    public string Path { get; init; } = "data";
}
