using System.Runtime.CompilerServices;
using LLMos.Server.Accounts;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Doctor;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Runs.Doctor;

/// <summary>The sandbox with one layer taken out, by an interpreter that replaces functions of <c>llmos_bootstrap</c> before it starts it.</summary>
/// <remarks>The product itself has no switch that would make it weaker.</remarks>
internal static class Mutant
{
    // What attacks there are does not depend on what is attacked, and costs a worker for each of their files.
    private static readonly AttackPrograms Programs = new();

    public static string Script { get; } = PathOf("mutant.py");

    /// <summary>Runs the named attacks against a sandbox changed by <paramref name="patch"/>; <c>mutant.py</c> has what it may call.</summary>
    /// <param name="limits">What holds instead of the attacks' own limits.</param>
    public static async Task<Dictionary<string, AttackOutcome>> AttackAsync(
        string patch, IEnumerable<string> names, DecoySecrets? secrets = null, Func<Attack, RunLimits>? limits = null, Caller? person = null)
    {
        using var folder = new TemporaryFolder();
        var python = MakeInterpreter(folder, patch);
        var wanted = names.ToHashSet(StringComparer.Ordinal);
        using var session = await AttackSession.StartAsync(
            new RunOptions { Python = python }, folder["no-data"], secrets ?? DecoySecrets.Make(), TimeProvider.System, TestContext.Current.CancellationToken);
        var outcomes = await session.AttackAsync(attack => wanted.Contains(attack.Name), limits, person, Programs);

        Assert.Equal(wanted.Order(StringComparer.Ordinal), outcomes.Select(attack => attack.Name).Order(StringComparer.Ordinal));
        return outcomes.ToDictionary(attack => attack.Name);
    }

    /// <summary>An interpreter for <c>Runs:Python</c>.</summary>
    public static string MakeInterpreter(TemporaryFolder folder, string patch)
    {
        File.WriteAllText(folder["patch.py"], patch);
        // What is asked of an interpreter that nothing confines is no matter of the sandbox.
        File.WriteAllText(folder["python"], $"#!/bin/sh\nunset PWD\n[ \"$2\" != -c ] || exec /usr/bin/python3 \"$@\"\nexec /usr/bin/python3 -I {Script} \"$2\" \"$3\" {folder["patch.py"]}\n");
        File.SetUnixFileMode(folder["python"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return folder["python"];
    }

    private static string PathOf(string name, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, name);
}
