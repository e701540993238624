using System.Diagnostics;
using System.Globalization;
using System.Text;
using LLMos.Server.Volumes;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Tests.Volumes;

/// <summary>This assembly started as a program that changes volumes until it is killed, and tells each change that was acknowledged.</summary>
internal static class VolumeWriter
{
    public const int Writers = 8;

    // Small, so that versions fall out; and much beside that, so that writers do not get into each other's way.
    public static readonly VolumeOptions Options = new() { FormerVersions = 2 };

    public static ProcessStartInfo Command(string folder, int seed)
    {
        var assembly = typeof(VolumeWriter).Assembly.Location;
        var program = new ProcessStartInfo("dotnet", ["exec", assembly, "volumes", folder, seed.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        program.Environment["DOTNET_STARTUP_HOOKS"] = assembly;
        program.Environment["DOTNET_TieredPGO"] = "0";
        return program;
    }

    /// <summary>Where one writer of one life works; half of them in <c>team</c>.</summary>
    public static string FolderOf(int writer, int seed) => $"{(writer % 2 == 0 ? "user" : "team")}/{seed}-{writer}";

    /// <summary>What a writer does, one after the other, whatever becomes of it.</summary>
    public static IEnumerable<ModelOperation> Operations(int writer, int seed, ModelVolumes model)
    {
        var random = new Random((seed * 100) + writer);
        while (true)
            yield return ModelOperation.Next(random, [FolderOf(writer, seed)], model, largeOneIn: 4);
    }

    public static async Task WriteUntilKilled(string folder, int seed)
    {
        using var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        // Small, so that checkpoints happen under the writers' feet too.
        using var volumes = new OpenVolumes(folder, Options, checkpointMegabytes: 1);
        // What the one before left.
        volumes.Contents.Sweep();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var (model, runner, number) = (new ModelVolumes(Options), new ModelRunner(volumes, FolderOf(writer, seed)), 0);
            foreach (var operation in Operations(writer, seed, model))
            {
                var (expected, found) = (model.Apply(operation), await runner.ApplyAsync(operation));
                var answer = expected == found ? $"{writer} {++number}\n" : $"wrong {operation} was answered with {found} instead of {expected}\n";
                lock (output)
                    output.Write(Encoding.UTF8.GetBytes(answer));
            }
        })));
    }
}
