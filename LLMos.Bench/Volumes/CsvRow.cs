using System.Globalization;

namespace LLMos.Bench.Volumes;

/// <summary>A large table read by a program from the volumes, against the same from a local file by the same interpreter, which nothing confines.</summary>
internal static class CsvRow
{
    private const int Bytes = 50_000_000;
    private const double MostTimes = 1.3;

    public static async Task<Row> MeasureAsync(string serverDll, string folder, int repetitions, CancellationToken cancellation)
    {
        await using var server = await BenchServer.StartAsync(serverDll, cancellation);
        var person = (await server.AddPeopleAsync(1, cancellation))[0];
        var (local, told) = (Path.Combine(folder, "50MB.csv"), Path.Combine(folder, "told"));
        await File.WriteAllBytesAsync(local, Table(), cancellation);
        using (var files = person.Files())
            await files.PutAsync("user/files/50MB.csv", new ByteArrayContent(await File.ReadAllBytesAsync(local, cancellation)), cancellation);

        var (measured, peer) = await Interleaved.MeasureAsync(
            repetitions, "ms",
            async () => Milliseconds((await person.RunAsync(Program("user/50MB.csv", "print(took)"), cancellation)).Stdout.Text),
            async () =>
            {
                server.Peers.Run("/usr/bin/python3", "-I", "-c", Program(local, $"open('{told}', 'w').write(str(took))"));
                return Milliseconds(await File.ReadAllTextAsync(told, cancellation));
            },
            cancellation);
        return Row.AtMost("`pd.read_csv` of 50 MB in a run, against a local file in plain Python", measured, peer, MostTimes);
    }

    // What is imported is not measured on either side.
    private static string Program(string path, string tell) => $"""
        import time, pandas as pd
        begun = time.perf_counter()
        rows = len(pd.read_csv('{path}'))
        took = (time.perf_counter() - begun) * 1000
        assert rows > 500_000
        {tell}
        """;

    private static byte[] Table()
    {
        using var table = new MemoryStream(Bytes + 1000);
        table.Write("id,city,measured,price,quantity,remark\n"u8);
        for (var row = 0; table.Length < Bytes; row++)
            table.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{row},city {row % 97},{row * 0.37:0.000},{row % 1013 * 1.17:0.00},{row % 61},a remark of some length for row {row}\n")));
        return table.ToArray();
    }

    private static double Milliseconds(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
