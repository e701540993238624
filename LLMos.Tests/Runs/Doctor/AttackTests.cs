using System.Globalization;
using System.Runtime.CompilerServices;

namespace LLMos.Tests.Runs.Doctor;

/// <summary>Every attack of <c>LLMos.Server doctor --attack</c> against this machine.</summary>
public sealed class AttackTests(AttackedMachine machine) : IClassFixture<AttackedMachine>
{
    private const int Least = 700;

    [Fact]
    public void Every_attack_is_held()
    {
        var broken = machine.Outcomes.Where(attack => !attack.Held).Select(attack => $"{attack.Layer} · {attack.Name}: {attack.Seen}").ToList();

        Assert.True(broken.Count == 0, string.Join('\n', broken));
        Assert.InRange(machine.Outcomes.Count, Least, int.MaxValue);
    }

    [Theory]
    [InlineData("README.md", "{0} of {0} attacks held")]
    [InlineData("docs/api.md", "\"attacks\":{0},")]
    public void The_documents_say_how_many_there_are(string path, string words) => Assert.Contains(
        string.Format(CultureInfo.InvariantCulture, words, machine.Outcomes.Count), File.ReadAllText(Path.Combine(Root(), path)), StringComparison.Ordinal);

    [Fact]
    public void Each_attack_has_a_name_of_its_own() =>
        Assert.Empty(machine.Outcomes.GroupBy(attack => attack.Name).Where(same => same.Count() > 1).Select(same => same.Key));

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
