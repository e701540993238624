using System.Text.Json;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>The table that programs' hints are made from, for those who read before they write.</summary>
internal static class HintTable
{
    private static readonly Lazy<Hints> _table = new(Read);

    public static IReadOnlyList<ModuleHint> Modules => _table.Value.Modules;

    public static IReadOnlyList<ErrorHint> Errors => _table.Value.Errors;

    private static Hints Read()
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Runs", "Sandboxes", "python", "llmos", "hints.json"));
        return JsonSerializer.Deserialize<Hints>(file, JsonSerializerOptions.Web)!;
    }

    private sealed record Hints(IReadOnlyList<ModuleHint> Modules, IReadOnlyList<ErrorHint> Errors);
}
