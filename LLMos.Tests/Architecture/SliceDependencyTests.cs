using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace LLMos.Tests.Architecture;

public sealed class SliceDependencyTests
{
    private static readonly string[][] Floors =
        [["Foundation"], ["Accounts"], ["Volumes", "Devices"], ["Runs"], ["Applets"], ["Tools"]];

    public static TheoryData<string> Slices => [.. Floors.SelectMany(floor => floor).Where(slice => Directory.Exists(Path.Combine(ServerRoot(), slice)))];

    [Theory, MemberData(nameof(Slices))]
    public void Slice_names_only_the_floors_below_it(string slice)
    {
        var allowed = Floors.TakeWhile(floor => !floor.Contains(slice)).SelectMany(floor => floor).Append(slice);
        var forbidden = string.Join('|', Floors.SelectMany(floor => floor).Except(allowed).DefaultIfEmpty("(?!)"));
        var naming = new Regex($@"LLMos\.Server\.({forbidden})\b|(?<![\w.])({forbidden})\.[A-Z]");

        var breaches = (from file in Directory.EnumerateFiles(Path.Combine(ServerRoot(), slice), "*.cs", SearchOption.AllDirectories)
                        from line in File.ReadLines(file).Select((text, index) => (Text: text.Trim(), Number: index + 1))
                        where naming.IsMatch(line.Text) && !line.Text.StartsWith("//", StringComparison.Ordinal)
                        select $"{Path.GetRelativePath(ServerRoot(), file)}:{line.Number}: {line.Text}").ToList();

        Assert.True(breaches.Count == 0, string.Join('\n', breaches));
    }

    [Fact]
    public void Program_fits_on_one_page() =>
        Assert.InRange(File.ReadLines(Path.Combine(ServerRoot(), "Program.cs")).Count(), 1, 60);

    private static string ServerRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "LLMos.Server"));
}
