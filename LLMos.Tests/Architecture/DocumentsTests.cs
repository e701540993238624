using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using LLMos.Server.Runs;
using Microsoft.Extensions.Logging;

namespace LLMos.Tests.Architecture;

/// <summary>What the documents list is what there is in the code.</summary>
public sealed partial class DocumentsTests
{
    private const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static;

    private static readonly Type[] Types = typeof(RunOptions).Assembly.GetTypes();

    [Fact]
    public void Every_setting_is_documented_with_its_default_and_bounds()
    {
        var documented = Read("docs/configuration.md");

        var missing = from options in Types
                      let section = options.GetField("Section", Declared)?.GetRawConstantValue()
                      where section is not null
                      from option in options.GetProperties()
                      where option.CanWrite
                      let row = $"| `LLMos__{section}__{option.Name}` | {DefaultOf(option)} | {BoundsOf(option)}"
                      where !documented.Contains(row, StringComparison.Ordinal)
                      select row;

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_route_is_documented() => Assert.Empty(
        from route in JsonSerializer.Deserialize<string[]>(Read("LLMos.Tests/Architecture/approved/routes.json"))!
        let path = route.Split(' ')[1].TrimEnd('/')
        where path.StartsWith("/api/", StringComparison.Ordinal) && !Read("docs/api.md").Contains($" {path}`", StringComparison.Ordinal)
        select route);

    [Fact]
    public void Every_error_code_is_documented() => Assert.Empty(
        from file in FilesOf("*Errors.cs")
        from code in ErrorCode().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)
        where !Read("docs/api.md").Contains($"| `{code}` |", StringComparison.Ordinal)
        select code);

    [Fact]
    public void Every_warning_and_error_of_the_log_is_documented() => Assert.Empty(
        from type in Types
        from method in type.GetMethods(Declared)
        let message = method.GetCustomAttribute<LoggerMessageAttribute>()
        where message?.Level >= LogLevel.Warning
        where !Read("docs/operations.md").Contains($"| {message.EventId} |", StringComparison.Ordinal)
        select $"{message.EventId} {method.Name}");

    [Fact]
    public void Every_link_to_a_file_leads_to_one() => Assert.Empty(
        from document in FilesOf("*.md")
        from target in Link().Matches(File.ReadAllText(document)).Select(match => match.Groups[1].Value)
        where !target.Contains(':', StringComparison.Ordinal) && !Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, target))
        select $"{Path.GetRelativePath(Root(), document)}: {target}");

    private static string DefaultOf(PropertyInfo option) =>
        option.GetValue(Activator.CreateInstance(option.DeclaringType!)) is { } value ? string.Create(CultureInfo.InvariantCulture, $"`{value}`") : "empty";

    private static string BoundsOf(PropertyInfo option) =>
        option.GetCustomAttribute<RangeAttribute>() is { } range ? string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} to {range.Maximum} |") : "";

    private static IEnumerable<string> FilesOf(string pattern) =>
        Directory.EnumerateFiles(Root(), pattern, SearchOption.AllDirectories).Where(file => !Foreign().IsMatch(file[Root().Length..]));

    private static string Read(string path) => File.ReadAllText(Path.Combine(Root(), path));

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex(@"ErrorKind\.\w+, ""([^""]+)""")]
    private static partial Regex ErrorCode();

    [GeneratedRegex("""(?:\]\(|src="|srcset="|href=")([^)"\#\s]+)""")]
    private static partial Regex Link();

    [GeneratedRegex("[/\\\\](node_modules|artifacts|data)[/\\\\]")]
    private static partial Regex Foreign();
}
