using System.Diagnostics;

namespace LLMos.Tests.Volumes;

/// <summary>Zips made and read by another program than the server: Python's zipfile.</summary>
internal static class Zips
{
    // What the scripts have: `z` to write to, `raw` for what zipfile would not write.
    private const string Frame = """
        import io, struct, sys, warnings, zipfile, zlib
        warnings.simplefilter("ignore")
        file = io.BytesIO()
        z = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        raw = None
        def info(name, mode):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            return entry
        def patched(old, new):
            z.close()
            assert old in file.getvalue()
            return file.getvalue().replace(old, new)
        def overlapping(names, declared):
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            content = bytes(10_000_000)
            packed = packer.compress(content) + packer.flush()
            sizes = struct.pack("<III", zlib.crc32(content), len(packed), declared)
            local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes + struct.pack("<HH", 1, 0) + b"a" + packed
            directory = b"".join(
                b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
                for name in (b"%d" % number for number in range(names)))
            return local + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, names, names, len(directory), len(local), 0)

        """;

    private const string End = """

        z.close()
        sys.stdout.buffer.write(file.getvalue() if raw is None else raw)
        """;

    /// <param name="script">Lines of Python that write to <c>z</c>, a zipfile.ZipFile, or give <c>raw</c>.</param>
    public static Task<byte[]> MakeAsync(string script) => RunAsync(Frame + script + End, []);

    /// <summary>Checks the zip, and prints one line for each entry: its name, and its text.</summary>
    public static async Task<string[]> ReadAsync(byte[] zip)
    {
        var lines = System.Text.Encoding.UTF8.GetString(await RunAsync(
            """
            import io, sys, zipfile
            with zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())) as z:
                assert z.testzip() is None
                for entry in z.infolist():
                    sys.stdout.buffer.write(f"{entry.filename}: {z.read(entry)[:20].decode()}\n".encode())
            """,
            zip));
        return lines.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<byte[]> RunAsync(string script, byte[] input)
    {
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        using var output = new MemoryStream();
        var reading = python.StandardOutput.BaseStream.CopyToAsync(output, TestContext.Current.CancellationToken);
        await python.StandardInput.BaseStream.WriteAsync(input, TestContext.Current.CancellationToken);
        python.StandardInput.Close();
        await reading;
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, python.ExitCode);
        return output.ToArray();
    }
}
