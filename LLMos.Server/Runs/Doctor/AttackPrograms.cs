using System.Text;
using System.Text.Json;

namespace LLMos.Server.Runs.Doctor;

/// <summary>The attacks as they lie in <c>attacks/</c>: one Python file for each layer, and one that stands before each of them.</summary>
internal sealed class AttackPrograms
{
    private const string Before = "attack";

    private readonly string _before = Read(Before);
    private readonly Dictionary<string, string> _files = Directory.EnumerateFiles(Folder, "*.py")
        .Select(path => Path.GetFileNameWithoutExtension(path)).Where(file => file != Before)
        .ToDictionary(file => file, Read);

    public IEnumerable<string> Files => _files.Keys.Order(StringComparer.Ordinal);

    /// <summary>The attacks in them; null until a sandbox was asked. Whoever tries several sandboxes asks only the first.</summary>
    public IReadOnlyList<Attack>? Listed { get; set; }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Runs", "Doctor", "attacks");

    /// <summary>A program that prints the layer's attacks as JSON.</summary>
    public string Catalogue(string file) => $"{Text(file)}\nlist_attacks({JsonSerializer.Serialize(file)})\n";

    public string Program(Attack attack)
    {
        if (attack.Source is not { } source)
            return Program(attack.File, attack.Name);
        var text = new StringBuilder(source.Before);
        return text.Insert(text.Length, source.Text, source.Times).Append(source.Then).ToString();
    }

    public string Program(string file, string name) => $"{Text(file)}\nperform({JsonSerializer.Serialize(name)})\n";

    private string Text(string file) => $"{_before}\n{_files[file]}";

    private static string Read(string name) => File.ReadAllText(Path.Combine(Folder, $"{name}.py"));
}
