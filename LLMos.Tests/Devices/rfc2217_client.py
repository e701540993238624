"""What people's tools do over RFC 2217, by pyserial: rfc2217_client.py URL echo|lines|command|bootloader|stay"""
import random
import sys
import time

import serial

url, what = sys.argv[1:]
port = serial.serial_for_url(url, baudrate=115200, timeout=20, do_not_open=True)
port.open()

if what == "echo":
    noise = random.Random(5)
    sent = bytes([255] * 300) + b"\xff\xf0\xff\xfa\x2c\x01\xff\xfb\x00" + noise.randbytes(20_000) + bytes([255])
    for start in range(0, len(sent), 1000):
        port.write(sent[start:start + 1000])
    received = port.read(len(sent))
    port.baudrate = 921600
    port.parity = serial.PARITY_NONE
    port.stopbits = serial.STOPBITS_TWO
    print("same" if received == sent else f"{len(received)} of {len(sent)} bytes", port.baudrate)
    port.write(b"end")
    port.read(3)
elif what == "lines":
    print(port.cts, port.dsr, port.cd)
elif what == "command":
    port.reset_input_buffer()
    port.write(b'\n{"action":"get_info"}\n')
    print(port.read_until(b'"firmware"').decode())
elif what == "bootloader":
    port.dtr = False
    port.rts = True
    time.sleep(0.1)
    port.dtr = True
    port.rts = False
    time.sleep(0.05)
    port.dtr = False
    print(port.read_until(b"waiting for download").decode())
elif what == "stay":
    print("open", flush=True)
    try:
        while True:
            port.read(1)
    except serial.SerialException:
        print("ended")
        sys.exit()
port.close()
