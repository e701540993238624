using System.Diagnostics;
using System.Text;
using LLMos.Server.Volumes;

namespace LLMos.Tests.Volumes;

public sealed class CompositionTests
{
    // Every code point alone and with what may compose with it, and a hundred thousand random rows; those that differ are printed.
    private const string Inputs = """
        import random, sys, unicodedata
        random.seed(1)
        marked = [chr(c) for c in range(0x110000) if unicodedata.decomposition(chr(c)) or unicodedata.combining(chr(c)) or 0x1100 <= c < 0x1200]
        rows = [chr(c) for c in range(0x80, 0x30000) if not 0xD800 <= c < 0xE000]
        rows += [unicodedata.normalize('NFD', row) for row in rows]
        rows += [''.join(random.choices(marked, k=random.randint(1, 6))) for _ in range(100000)]
        out = open(sys.argv[1], 'w', encoding='utf-8', newline='')
        out.write('\x00'.join(row + '\x01' + unicodedata.normalize('NFC', row) for row in rows))
        """;

    [Fact]
    public async Task Every_text_is_composed_as_Python_does_it()
    {
        using var folder = new Hosting.TemporaryFolder();
        using var python = Process.Start("/usr/bin/python3", ["-c", Inputs, folder["rows"]]);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        var rows = (await File.ReadAllTextAsync(folder["rows"], Encoding.UTF8, TestContext.Current.CancellationToken)).Split('\0');

        Assert.InRange(rows.Length, 400_000, int.MaxValue);
        Assert.All(rows.Select(row => row.Split('\u0001')), row => Assert.True(Composition.Compose(row[0]) == row[1], $"{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(row[0]))}"));
    }
}
