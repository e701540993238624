using System.Text.Json;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>The table that programs' import errors are made from, for those who read before they write.</summary>
internal static class MissingModules
{
    private static readonly Lazy<IReadOnlyList<ModuleHint>> _table = new(Read);

    public static IReadOnlyList<ModuleHint> Table => _table.Value;

    private static IReadOnlyList<ModuleHint> Read()
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Runs", "Sandboxes", "python", "llmos", "hints.json"));
        return JsonSerializer.Deserialize<Hints>(file, JsonSerializerOptions.Web)!.Modules;
    }

    private sealed record Hints(IReadOnlyList<ModuleHint> Modules);
}
