import os
import unittest

import sandbox  # noqa: F401 (puts the sandbox's folder on the path)

from llmos.streams import OutputStream


class Output(unittest.TestCase):
    def setUp(self):
        before = os.dup(1)
        self.end, output = os.pipe()
        os.set_blocking(self.end, False)
        os.dup2(output, 1)
        os.close(output)
        self.addCleanup(os.close, self.end)
        self.addCleanup(os.close, before)
        self.addCleanup(os.dup2, before, 1)

    def written(self) -> bytes:
        try:
            return os.read(self.end, 1 << 20)
        except BlockingIOError:
            return b""

    def test_a_flood_is_gathered_until_it_is_asked_for(self):
        announced = []
        stream = OutputStream(lambda: announced.append(self.written()))

        for _ in range(200):
            stream.write("x")

        self.assertEqual((len(announced), self.written()), (1, b""))
        stream.gathered()
        self.assertEqual(self.written(), b"x" * (200 - len(announced[0])))
        stream.write("y")
        self.assertEqual(self.written(), b"y")

    def test_what_follows_is_written_although_the_question_comes_at_the_very_announcement(self):
        stream = OutputStream(lambda: stream.gathered())

        for _ in range(150):
            stream.write("x")

        self.assertEqual(self.written(), b"x" * 150)

    def test_a_question_that_comes_inside_a_write_is_wanted_again(self):
        announced = []
        stream = OutputStream(lambda: announced.append(True))
        # What the buffer's lock says to a signal's handler that came inside its write.
        flush, stream.flush = stream.flush, _is_inside
        stream.gathered()
        stream.flush = flush

        self.assertEqual(announced, [True])


def _is_inside() -> None:
    raise RuntimeError("reentrant call inside")
