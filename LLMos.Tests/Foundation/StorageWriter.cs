using System.Diagnostics;
using System.Globalization;
using System.Text;
using LiteDB;
using LLMos.Server.Foundation.Storage;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Tests.Foundation;

/// <summary>This assembly started as a program that writes to a database until it is killed, and tells each acknowledged write.</summary>
internal static class StorageWriter
{
    public const int Writers = 6;
    public const int KeysPerWriter = 40;

    public static Process Start(string folder, int start)
    {
        var assembly = typeof(StorageWriter).Assembly.Location;
        var program = new ProcessStartInfo("dotnet", ["exec", assembly, folder, start.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        program.Environment["DOTNET_STARTUP_HOOKS"] = assembly;
        return Process.Start(program)!;
    }

    /// <summary>Of every length up to some pages, and all of it follows from the value.</summary>
    public static string TextOf(int value) => new((char)('a' + (value % 26)), value % 97 == 0 ? 20_000 : value % 700);

    public static async Task WriteUntilKilled(string folder, int start)
    {
        using var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        // Small, so that checkpoints happen under the writers' feet too.
        using var database = new Database(Options.Create(new StorageOptions { Path = folder, CheckpointMegabytes = 1 }));
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var value = start; ; value++)
            {
                var key = (writer * 1000) + (value % KeysPerWriter);
                var written = value;
                // Two documents of one change: both or neither.
                await database.WriteAsync(documents =>
                {
                    documents.Put("values", new BsonDocument { ["_id"] = key, ["value"] = written, ["text"] = TextOf(written) });
                    if (written % 5 == 0)
                        documents.Delete("twins", key);
                    else
                        documents.Put("twins", new BsonDocument { ["_id"] = key, ["value"] = written });
                });
                lock (output)
                    output.Write(Encoding.ASCII.GetBytes($"{key} {written}\n"));
            }
        })));
    }
}
