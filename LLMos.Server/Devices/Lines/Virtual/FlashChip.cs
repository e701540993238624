using System.Security.Cryptography;

namespace LLMos.Server.Devices.Lines.Virtual;

/// <summary>A flash memory of 4 MiB. What was never written takes no room.</summary>
internal sealed class FlashChip
{
    public const int Bytes = 4 * 1024 * 1024, SectorBytes = 4096;

    private const byte Erased = 0xFF;

    private readonly Dictionary<int, byte[]> _sectors = [];

    /// <summary>What was written last, from its beginning to its end.</summary>
    public (int Address, int Length)? Image { get; set; }

    public static bool Has(uint address, uint length) => address <= Bytes && length <= Bytes - address;

    /// <summary>Erases whole sectors, all that the range touches.</summary>
    public void Erase(int address, int length)
    {
        for (var sector = address / SectorBytes; sector * SectorBytes < address + length; sector++)
            _sectors.Remove(sector);
    }

    /// <summary>Writes, which can only clear bits.</summary>
    public void Write(int address, ReadOnlySpan<byte> bytes)
    {
        for (; !bytes.IsEmpty; address++, bytes = bytes[1..])
        {
            if (!_sectors.TryGetValue(address / SectorBytes, out var sector))
            {
                sector = _sectors[address / SectorBytes] = new byte[SectorBytes];
                Array.Fill(sector, Erased);
            }

            sector[address % SectorBytes] &= bytes[0];
        }
    }

    public byte[] Read(int address, int length)
    {
        var bytes = new byte[length];
        for (var done = 0; done < length;)
        {
            var at = address + done;
            var part = bytes.AsSpan(done, Math.Min(length - done, SectorBytes - (at % SectorBytes)));
            if (_sectors.TryGetValue(at / SectorBytes, out var sector))
                sector.AsSpan(at % SectorBytes, part.Length).CopyTo(part);
            else
                part.Fill(Erased);
            done += part.Length;
        }

        return bytes;
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5351", Justification = "The chip's loader compares by MD5; it protects nothing.")]
    public byte[] Md5(int address, int length) => MD5.HashData(Read(address, length));
}
