using System.Runtime.CompilerServices;

namespace LLMos.Tests.Runs;

/// <summary>An interpreter without the packages: a server whose programs need none starts in a tenth of the time.</summary>
internal static class LightPython
{
    public static (string Key, string Value) Setting { get; } = ("Runs:Python", PathOf("light-python"));

    private static string PathOf(string name, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, name);
}
