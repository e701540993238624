"""A flasher of the ROM's serial protocol, by pyserial: flash_client.py URL KIBIBYTES [SPEED] [--no-reset]

Prints the address of the chip, how fast the image went, and whether the chip has it. A URL is a path of a port, or rfc2217://.
"""
import hashlib
import random
import struct
import sys
import time
import zlib

import serial

SYNC, WRITE_REG, READ_REG, MEM_BEGIN, MEM_DATA, MEM_END = 0x08, 0x09, 0x0A, 0x05, 0x07, 0x06
CHANGE_BAUD, DEFLATE_BEGIN, DEFLATE_DATA, DEFLATE_END, MD5, READ_FLASH = 0x0F, 0x10, 0x11, 0x12, 0x13, 0xD2
BLOCK = 0x4000


class Loader:
    def __init__(self, port):
        self.port = port
        self.status = 4

    def frame(self):
        """Return the next frame, or None when none came in time."""
        data = self.port.read_until(b"\xc0")
        while data == b"\xc0" or (data and data[-1:] == b"\xc0" and len(data.strip(b"\xc0")) == 0):
            data = self.port.read_until(b"\xc0")
        if not data.endswith(b"\xc0"):
            return None
        return data[:-1].replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")

    def send(self, payload):
        self.port.write(b"\xc0" + payload.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0")

    def ask(self, command, data=b"", checksum=0):
        """Return the value and the body of the answer."""
        self.send(struct.pack("<BBHI", 0, command, len(data), checksum) + data)
        while (frame := self.frame()) is not None:
            if len(frame) >= 8 + self.status and frame[0] == 1 and frame[1] == command:
                body, status = frame[8:-self.status], frame[-self.status:]
                if status[0]:
                    raise SystemExit(f"command {command:#x} failed with {status.hex()}")
                return struct.unpack("<I", frame[4:8])[0], body
        raise SystemExit(f"command {command:#x} was not answered")

    def block(self, command, number, data):
        checksum = 0xEF
        for one in data:
            checksum ^= one
        self.ask(command, struct.pack("<IIII", len(data), number, 0, 0) + data, checksum)

    def sync(self):
        self.port.timeout = 0.2
        for _ in range(10):
            self.port.reset_input_buffer()
            self.send(struct.pack("<BBHI", 0, SYNC, 36, 0) + b"\x07\x07\x12\x20" + 32 * b"\x55")
            while (frame := self.frame()) is not None:
                if frame[:2] == bytes([1, SYNC]):
                    self.port.timeout = 10
                    time.sleep(0.05)
                    self.port.reset_input_buffer()
                    return
        raise SystemExit("no answer to SYNC")


def main():
    url, size = sys.argv[1], int(sys.argv[2]) * 1024
    speed = int(sys.argv[3]) if len(sys.argv) > 3 else 921_600
    port = serial.serial_for_url(url, baudrate=115_200, timeout=10, do_not_open=True)
    port.open()
    if "--no-reset" not in sys.argv:
        port.dtr = False
        port.rts = True
        time.sleep(0.1)
        port.dtr = True
        port.rts = False
        time.sleep(0.05)
        port.dtr = False
    loader = Loader(port)
    loader.sync()
    low, high = loader.ask(READ_REG, struct.pack("<I", 0x3FF5A004))[0], loader.ask(READ_REG, struct.pack("<I", 0x3FF5A008))[0]
    print("mac", ":".join(f"{one:02x}" for one in struct.pack(">HI", high, low)))

    stub = bytes(6000)
    loader.ask(MEM_BEGIN, struct.pack("<IIII", len(stub), 1, len(stub), 0x400BE000))
    loader.block(MEM_DATA, 0, stub)
    loader.ask(MEM_END, struct.pack("<II", 0, 0x400BE000))
    print("stub", loader.frame().decode())
    loader.status = 2
    loader.ask(CHANGE_BAUD, struct.pack("<II", speed, 115_200))
    port.baudrate = speed
    time.sleep(0.05)

    # Half of it noise, so that it is deflated a little, as programs are.
    noise = random.Random(size)
    image = b"".join(noise.randbytes(512) + bytes([number & 255]) * 512 for number in range(size // 1024))
    packed = zlib.compress(image)
    blocks = [packed[start:start + BLOCK] for start in range(0, len(packed), BLOCK)]
    begun = time.monotonic()
    loader.ask(DEFLATE_BEGIN, struct.pack("<IIII", size, len(blocks), BLOCK, 0x10000))
    for number, data in enumerate(blocks):
        loader.block(DEFLATE_DATA, number, data)
    print("seconds", round(time.monotonic() - begun, 3))
    _, digest = loader.ask(MD5, struct.pack("<IIII", 0x10000, size, 0, 0))
    print("verified" if digest == hashlib.md5(image).digest() else "different")

    _, _ = loader.ask(READ_FLASH, struct.pack("<IIII", 0x10000, 8192, 1024, 2))
    read = b""
    while len(read) < 8192:
        read += loader.frame()
        loader.send(struct.pack("<I", len(read)))
    print("read back" if read == image[:8192] and loader.frame() == hashlib.md5(read).digest() else "read otherwise")
    loader.ask(DEFLATE_END, struct.pack("<I", 0))
    port.baudrate = 115_200
    port.close()


main()
