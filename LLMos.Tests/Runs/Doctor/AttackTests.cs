namespace LLMos.Tests.Runs.Doctor;

/// <summary>Every attack of <c>LLMos.Server doctor --attack</c> against this machine.</summary>
public sealed class AttackTests(AttackedMachine machine) : IClassFixture<AttackedMachine>
{
    private const int Least = 150;

    [Fact]
    public void Every_attack_is_held()
    {
        var broken = machine.Outcomes.Where(attack => !attack.Held).Select(attack => $"{attack.Layer} · {attack.Name}: {attack.Seen}").ToList();

        Assert.True(broken.Count == 0, string.Join('\n', broken));
        Assert.InRange(machine.Outcomes.Count, Least, int.MaxValue);
    }

    [Fact]
    public void Each_attack_has_a_name_of_its_own() =>
        Assert.Empty(machine.Outcomes.GroupBy(attack => attack.Name).Where(same => same.Count() > 1).Select(same => same.Key));
}
