import json
import os
import random
import struct
import time
import unittest

from sandbox import open_channel

from llmos_bootstrap import frames

_SEED = int(os.environ.get("LLMOS_FUZZ_SEED", "1"))
_SECONDS = float(os.environ.get("LLMOS_FUZZ_SECONDS", "3"))

_VALUES = (
    b"null", b"1", b"1e999", b"NaN", b'"a"', b'"\\ud800"', b'"\xff"', b'"\x00"', b"[]", b"{}", b"[" * 5000, b"[" * 5000 + b"]" * 5000,
    b"9" * 5000, b'"' + b"x" * 15_000 + b'"', b"", b"/", b'{"a":1,"a":2}',
)


class FramesFuzz(unittest.TestCase):
    def test_whatever_arrives_is_a_request_or_a_frame_error(self):
        chance = random.Random(_SEED)
        until = time.monotonic() + _SECONDS
        seen = {"request": 0, "error": 0, "end": 0}
        while time.monotonic() < until:
            data = self._stream(chance)
            channel, requests_end, output_end = open_channel()
            os.write(requests_end, data)
            os.close(requests_end)
            try:
                # What is malformed ends the worker, so there is nothing to be read after it.
                while (request := channel.receive()) is not None:
                    self.assertIsInstance(request, dict)
                    seen["request"] += 1
                seen["end"] += 1
            except frames.FrameError:
                seen["error"] += 1
            except BaseException as error:
                raise AssertionError(f"LLMOS_FUZZ_SEED={_SEED}: {data!r}") from error
            finally:
                for descriptor in (channel._requests, channel._output, output_end):
                    os.close(descriptor)
        self.assertGreater(min(seen.values()), 10, seen)

    @staticmethod
    def _stream(chance):
        data = b""
        for _ in range(chance.randrange(1, 4)):
            frame = json.dumps({"type": "run", "code": "print(1)\n" * chance.randrange(9), "stdin": chance.choice([None, "é", ""])}).encode()
            if chance.random() < 0.3:
                frame = b'{"type":"run","code":' + chance.choice(_VALUES) + b"}"
            if chance.random() < 0.1:
                frame = chance.choice(_VALUES)
            if chance.random() < 0.1:
                frame = chance.randbytes(chance.randrange(60))
            length = len(frame) if chance.random() < 0.9 else chance.choice([0, 1, len(frame) - 1, len(frame) + 1, 0x7FFFFFFF, 0xFFFFFFFF])
            data += struct.pack(">I", max(0, length)) + frame
        return data[:chance.randrange(len(data))] if chance.random() < 0.1 else data
