import unittest

from sandbox import open_channel, read_frames

from llmos import line
from llmos.progress import progress


class Progress(unittest.TestCase):
    def setUp(self):
        channel, _, self.output_end = open_channel()
        line.connect(channel, lambda: None)

    def test_an_iterable_is_passed_through_and_its_end_is_told(self):
        self.assertEqual(list(progress(["a", "b"], label="letters")), ["a", "b"])

        self.assertEqual(read_frames(self.output_end)[-1], {"type": "progress", "done": 2.0, "total": 2.0, "label": "letters"})

    def test_an_iterable_without_a_length_ends_with_its_count(self):
        self.assertEqual(len(list(progress(iter(range(1000))))), 1000)

        self.assertEqual(read_frames(self.output_end)[-1], {"type": "progress", "done": 1000.0, "total": 1000.0})

    def test_a_flood_of_reports_is_thinned_out(self):
        for done in range(10_000):
            progress(done, 20_000)

        self.assertLess(len(read_frames(self.output_end)), 20)

    def test_numbers_that_are_none_are_refused(self):
        for done, total in ((float("nan"), 1), (1, float("inf")), (None, None)):
            with self.subTest(done=done, total=total), self.assertRaises((ValueError, TypeError)):
                progress(done, total)
