using System.Globalization;
using LLMos.Tests.Foundation;

/// <summary>What .NET calls by this name before an assembly's entry point, when it is told to: the writer takes the runner's place.</summary>
internal static class StartupHook
{
    internal static void Initialize()
    {
        var arguments = Environment.GetCommandLineArgs();
        StorageWriter.WriteUntilKilled(arguments[^2], int.Parse(arguments[^1], CultureInfo.InvariantCulture)).GetAwaiter().GetResult();
    }
}
