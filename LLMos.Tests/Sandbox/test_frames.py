import os
import struct
import unittest

from sandbox import open_channel, read_frames

from llmos_bootstrap import frames


class Markers(unittest.TestCase):
    def test_no_text_looks_like_the_beginning_of_a_marker_and_no_two_are_alike(self):
        markers = {frames.new_marker() for _ in range(100)}

        self.assertEqual(len(markers), 100)
        for marker in markers:
            self.assertEqual((marker[0], len(marker)), (0xFF, 16))


class Frames(unittest.TestCase):
    def setUp(self):
        self.channel, self.requests_end, self.output_end = open_channel()

    def test_what_is_sent_arrives_whole_and_in_order(self):
        self.channel.send({"type": "stderr", "text": "é\ud800"})
        self.channel.send({"type": "ended", "outcome": "succeeded"})

        self.assertEqual(
            read_frames(self.output_end), [{"type": "stderr", "text": "é?"}, {"type": "ended", "outcome": "succeeded"}])

    def test_a_frame_over_the_limit_is_refused_before_a_byte_is_sent(self):
        with self.assertRaises(frames.FrameError):
            self.channel.send({"type": "display", "data": {"text/plain": "x" * frames.MAX_FRAME_BYTES}})

        self.assertEqual(read_frames(self.output_end), [])

    def test_a_request_is_read_whole_however_it_is_cut(self):
        payload = b'{"type":"run","code":"1"}'
        os.write(self.requests_end, struct.pack(">I", len(payload)) + payload[:3])
        os.write(self.requests_end, payload[3:])

        self.assertEqual(self.channel.receive(), {"type": "run", "code": "1"})

    def test_the_servers_end_is_no_request(self):
        os.close(self.requests_end)

        self.assertIsNone(self.channel.receive())

    def test_requests_that_are_cut_too_long_or_no_objects_are_errors(self):
        for written in (struct.pack(">I", 10) + b"half", struct.pack(">I", 0x7FFFFFFF), struct.pack(">I", 2) + b"[]"):
            with self.subTest(written):
                channel, requests_end, _ = open_channel()
                os.write(requests_end, written)
                os.close(requests_end)

                with self.assertRaises(frames.FrameError):
                    channel.receive()
