using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace LLMos.Server.Devices.Lines.Virtual;

/// <summary>The serial loader of an ESP32: first the ROM's, then the stub's that a flasher has loaded into its memory.</summary>
/// <remarks>As Espressif documents its serial protocol; only what flashers ask is there. What it is sent may be anything.</remarks>
/// <param name="send">Takes encoded frames.</param>
internal sealed class RomLoader(FlashChip flash, int number, Action<byte[]> send)
{
    public const int BaudRate = 115_200;

    private const int MostFrame = 64 * 1024, HeadBytes = 8, BlockHeadBytes = 16, MostMemory = 512 * 1024, MostRegisters = 1024;

    // Of the chip: its kind, its address, its crystal, and the registers by which its flash is asked.
    private const uint ChipKind = 0x4000_1000, AddressLow = 0x3FF5_A004, AddressHigh = 0x3FF5_A008, Revision = 0x3FF5_A00C, ClockDivider = 0x3FF4_0014;
    private const uint SpiCommand = 0x3FF4_2000, SpiUser2 = 0x3FF4_2024, SpiWord = 0x3FF4_2080, SpiStart = 1 << 18, ReadFlashId = 0x9F, FlashId = 0x0016_40EF;

    private readonly SlipFrames _frames = new(MostFrame);
    private readonly Dictionary<uint, uint> _registers = new()
    {
        [ChipKind] = 0x00F0_1D83,
        [AddressLow] = (uint)number,
        [AddressHigh] = 0x0200,
        [Revision] = 1 << 15,
        [ClockDivider] = 40_000_000 / BaudRate,
    };

    private bool _isStub;
    private int _loaded;
    private Writing? _writing;
    private Reading? _reading;

    private enum Fault : byte
    {
        None = 0,
        Invalid = 5,
        Failed = 6,
        Checksum = 7,
        Inflating = 11,
    }

    /// <summary>What it listens and speaks at.</summary>
    public int Speed { get; private set; } = BaudRate;

    /// <summary>Set when it was told to start the application.</summary>
    public bool IsOver { get; private set; }

    public void Take(byte one)
    {
        if (_frames.Take(one) is not { } frame)
            return;
        if (_reading is not null)
            GoOnReading(frame);
        else if (frame.Length >= HeadBytes && frame[0] == 0 && BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(2)) == frame.Length - HeadBytes)
            Answer(frame[1], BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(4)), frame.AsSpan(HeadBytes));
    }

    private void Answer(byte command, uint checksum, ReadOnlySpan<byte> data)
    {
        // Every command has its least length; a shorter one is no command.
        var words = new uint[Math.Min(data.Length / 4, 5)];
        for (var at = 0; at < words.Length; at++)
            words[at] = BinaryPrimitives.ReadUInt32LittleEndian(data[(at * 4)..]);
        switch (command)
        {
            case 0x08 when data.Length == 36:
                for (var times = 0; times < 8; times++)
                    Reply(command, Fault.None, _isStub ? 0 : 0x2012_0707u);
                break;
            case 0x09 when data.Length is >= 16 and <= MostFrame && data.Length % 16 == 0:
                Reply(command, WriteRegisters(data));
                break;
            case 0x0A when words.Length == 1:
                Reply(command, Fault.None, _registers.GetValueOrDefault(words[0]));
                break;
            case 0x0B or 0x0D when words.Length >= 1:
                Reply(command, Fault.None);
                break;
            case 0x05 when words.Length == 4:
                _loaded = 0;
                Reply(command, words[0] <= MostMemory ? Fault.None : Fault.Failed);
                break;
            case 0x07 when data.Length > BlockHeadBytes:
                var fault = Check(data, checksum);
                _loaded += fault == Fault.None ? data.Length - BlockHeadBytes : 0;
                Reply(command, fault);
                break;
            case 0x06 when words.Length == 2:
                Reply(command, Fault.None);
                StartLoaded(stays: words[0] != 0);
                break;
            case 0x0F when words.Length == 2 && words[0] is >= LineSettings.LeastBaudRate and <= LineSettings.MostBaudRate:
                // The answer still goes at the old speed.
                Reply(command, Fault.None);
                Speed = (int)words[0];
                break;
            case 0x02 or 0x10 when words.Length >= 4:
                Reply(command, Begin(words, isCompressed: command == 0x10));
                break;
            case 0x03 or 0x11 when data.Length > BlockHeadBytes:
                Reply(command, Write(words[1], data, checksum, isCompressed: command == 0x11));
                break;
            case 0x04 or 0x12 when words.Length == 1:
                var missing = _writing is { IsWhole: false };
                _writing = null;
                Reply(command, missing ? Fault.Failed : Fault.None);
                IsOver = !missing && words[0] == 0;
                break;
            case 0x13 when words.Length == 4 && FlashChip.Has(words[0], words[1]):
                var sum = flash.Md5((int)words[0], (int)words[1]);
                Reply(command, Fault.None, 0, _isStub ? sum : Encoding.ASCII.GetBytes(Convert.ToHexStringLower(sum)));
                break;
            case 0xD0 when _isStub:
                flash.Erase(0, FlashChip.Bytes);
                flash.Image = null;
                Reply(command, Fault.None);
                break;
            case 0xD1 when _isStub && words.Length == 2 && FlashChip.Has(words[0], words[1]) && (words[0] | words[1]) % FlashChip.SectorBytes == 0:
                flash.Erase((int)words[0], (int)words[1]);
                Reply(command, Fault.None);
                break;
            case 0xD2 when _isStub && words.Length == 4 && FlashChip.Has(words[0], words[1]) && words[1] > 0 && words[2] is > 0 and <= FlashChip.SectorBytes && words[3] > 0:
                Reply(command, Fault.None);
                _reading = new(flash.Read((int)words[0], (int)words[1]), (int)words[2], (int)Math.Min(words[3], 64));
                SendMore();
                break;
            case 0xD3 when _isStub:
                IsOver = true;
                break;
            default:
                // The ROM's answer to what it does not know names no command.
                Reply(0, Fault.Invalid);
                break;
        }
    }

    private void Reply(byte command, Fault fault, uint value = 0, ReadOnlySpan<byte> body = default)
    {
        var status = _isStub ? 2 : 4;
        var reply = new byte[HeadBytes + body.Length + status];
        (reply[0], reply[1]) = (1, command);
        BinaryPrimitives.WriteUInt16LittleEndian(reply.AsSpan(2), (ushort)(body.Length + status));
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(4), value);
        body.CopyTo(reply.AsSpan(HeadBytes));
        reply[^status] = (byte)(fault == Fault.None ? 0 : 1);
        reply[^(status - 1)] = (byte)fault;
        send(SlipFrames.Encode(reply));
    }

    private Fault WriteRegisters(ReadOnlySpan<byte> data)
    {
        for (; !data.IsEmpty; data = data[16..])
        {
            var (register, value, mask) = (BinaryPrimitives.ReadUInt32LittleEndian(data), BinaryPrimitives.ReadUInt32LittleEndian(data[4..]), BinaryPrimitives.ReadUInt32LittleEndian(data[8..]));
            if (_registers.Count >= MostRegisters && !_registers.ContainsKey(register))
                return Fault.Failed;
            _registers[register] = (_registers.GetValueOrDefault(register) & ~mask) | (value & mask);
        }

        // The flash is asked, and has answered.
        if ((_registers.GetValueOrDefault(SpiCommand) & SpiStart) != 0)
        {
            _registers[SpiCommand] = 0;
            _registers[SpiWord] = (_registers.GetValueOrDefault(SpiUser2) & 0xFF) == ReadFlashId ? FlashId : 0;
        }

        return Fault.None;
    }

    // What was loaded is taken for the stub: no code is run, least of all somebody's.
    private void StartLoaded(bool stays)
    {
        if (stays || _loaded == 0)
            return;
        _isStub = true;
        send(SlipFrames.Encode("OHAI"u8));
    }

    private Fault Begin(uint[] words, bool isCompressed)
    {
        var (length, blocks, blockBytes, address) = (words[0], words[1], words[2], words[3]);
        _writing = null;
        if (!FlashChip.Has(address, length) || blockBytes is 0 or > MostFrame || blocks > (2 * FlashChip.Bytes / blockBytes) + 1)
            return Fault.Failed;
        flash.Erase((int)address, (int)length);
        _writing = new((int)address, (int)length, (int)blocks, (int)blockBytes, isCompressed);
        return Fault.None;
    }

    private Fault Write(uint block, ReadOnlySpan<byte> data, uint checksum, bool isCompressed)
    {
        if (Check(data, checksum) is not Fault.None and var wrong)
            return wrong;
        if (_writing is not { } writing || writing.IsCompressed != isCompressed || block >= writing.Blocks || data.Length - BlockHeadBytes > writing.BlockBytes)
            return Fault.Failed;
        return writing.Take((int)block, data[BlockHeadBytes..], flash);
    }

    private static Fault Check(ReadOnlySpan<byte> data, uint checksum)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(data) != data.Length - BlockHeadBytes)
            return Fault.Invalid;
        byte sum = 0xEF;
        foreach (var one in data[BlockHeadBytes..])
            sum ^= one;
        return (byte)checksum == sum ? Fault.None : Fault.Checksum;
    }

    // Its reader says how many bytes it has; so many packets may be on the way.
    private void GoOnReading(byte[] told)
    {
        if (told.Length != 4)
        {
            _reading = null;
            return;
        }

        _reading!.Acknowledged = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(told), int.MaxValue);
        SendMore();
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5351", Justification = "The chip's loader compares by MD5; it protects nothing.")]
    private void SendMore()
    {
        var reading = _reading!;
        while (reading.Sent < reading.Bytes.Length && reading.Sent - reading.Acknowledged < reading.BlockBytes * reading.MostBlocks)
        {
            var part = reading.Bytes.AsSpan(reading.Sent, Math.Min(reading.BlockBytes, reading.Bytes.Length - reading.Sent));
            reading.Sent += part.Length;
            send(SlipFrames.Encode(part));
        }

        if (reading.Acknowledged < reading.Bytes.Length)
            return;
        send(SlipFrames.Encode(System.Security.Cryptography.MD5.HashData(reading.Bytes)));
        _reading = null;
    }

    private sealed class Writing(int address, int length, int blocks, int blockBytes, bool isCompressed)
    {
        private readonly List<byte> _compressed = [];
        private int _next;

        public int Blocks => blocks;

        public int BlockBytes => blockBytes;

        public bool IsCompressed => isCompressed;

        public bool IsWhole => _next == blocks;

        public Fault Take(int block, ReadOnlySpan<byte> data, FlashChip flash)
        {
            // The one before may come again: its answer was lost.
            if (block == _next - 1)
                return Fault.None;
            if (block != _next)
                return Fault.Failed;
            _next++;
            if (isCompressed)
            {
                _compressed.AddRange(data);
                return IsWhole ? Inflate(flash) : Fault.None;
            }

            var at = block * blockBytes;
            if (at + data.Length > length)
            {
                // The last block is filled up.
                data = data[..Math.Max(0, Math.Min(data.Length, FlashChip.Bytes - address - at))];
            }

            flash.Write(address + at, data);
            flash.Image = (address, Math.Max(length, 0));
            return Fault.None;
        }

        private Fault Inflate(FlashChip flash)
        {
            try
            {
                using var inflating = new ZLibStream(new MemoryStream([.. _compressed]), CompressionMode.Decompress);
                var image = new byte[length];
                var count = inflating.ReadAtLeast(image, length, throwOnEndOfStream: false);
                flash.Write(address, image.AsSpan(0, count));
                flash.Image = (address, count);
                return inflating.ReadByte() < 0 ? Fault.None : Fault.Inflating;
            }
            catch (InvalidDataException)
            {
                return Fault.Inflating;
            }
        }
    }

    private sealed class Reading(byte[] bytes, int blockBytes, int mostBlocks)
    {
        public byte[] Bytes => bytes;

        public int BlockBytes => blockBytes;

        public int MostBlocks => mostBlocks;

        public int Sent { get; set; }

        public int Acknowledged { get; set; }
    }
}
