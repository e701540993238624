using System.Globalization;
using LLMos.Tests.Foundation;
using LLMos.Tests.Volumes;

/// <summary>What .NET calls by this name before an assembly's entry point, when it is told to: the writer takes the runner's place.</summary>
internal static class StartupHook
{
    internal static void Initialize()
    {
        var arguments = Environment.GetCommandLineArgs();
        var (folder, number) = (arguments[^2], int.Parse(arguments[^1], CultureInfo.InvariantCulture));
        var writing = arguments[^3] switch
        {
            "volumes" => VolumeWriter.WriteUntilKilled(folder, number),
            "server" => KilledServer.ServeUntilKilled(folder),
            _ => StorageWriter.WriteUntilKilled(folder, number),
        };
        writing.GetAwaiter().GetResult();
    }
}
