import unittest

import sandbox  # noqa: F401  (sets the path)
import pandas
from llmos.display import bundle_of


class _Lying:
    def _repr_html_(self):
        return 7

    def _repr_png_(self):
        raise ValueError

    def __repr__(self):
        raise RuntimeError


class _Rich:
    def _repr_mimebundle_(self, **_):
        return {"text/html": "<b>rich</b>", "image/png": b"\x89PNG", "application/json": {"a": 1}}, {}


class Bundles(unittest.TestCase):
    def test_a_plain_object_is_its_repr(self):
        self.assertEqual(bundle_of({1}), {"text/plain": "{1}"})

    def test_what_is_json_is_shown_as_json_too(self):
        for value, json in (([1, "a"], '[1, "a"]'), ({"é": (None, 1.5, True)}, '{"é": [null, 1.5, true]}'), ("text", '"text"'), (2**80, str(2**80))):
            with self.subTest(value=value):
                self.assertEqual(bundle_of(value), {"text/plain": repr(value), "application/json": json})

    def test_what_is_not_all_json_is_not(self):
        endless: list[object] = []
        endless.append(endless)
        for value in (float("nan"), [float("inf")], {1: 2}, {"a": {1}}, endless, 10**5000, [0] * 100_001, "x" * 1_000_001, type("Text", (str,), {})("a"), b"a"):
            with self.subTest(kind=type(value)):
                self.assertNotIn("application/json", bundle_of(value))

    def test_a_mime_bundle_is_taken_bytes_as_base64_and_objects_as_json(self):
        bundle = bundle_of(_Rich())

        self.assertEqual(bundle["text/html"], "<b>rich</b>")
        self.assertEqual(bundle["image/png"], "iVBORw==")
        self.assertEqual(bundle["application/json"], '{"a": 1}')

    def test_representations_that_lie_or_raise_are_left_out(self):
        self.assertEqual(bundle_of(_Lying()), {"text/plain": "<_Lying whose repr raised RuntimeError>"})

    def test_a_class_is_shown_by_its_name_not_by_its_instances_methods(self):
        self.assertEqual(list(bundle_of(_Rich)), ["text/plain"])

    def test_a_large_frame_is_cut_and_its_shape_is_told(self):
        markdown = bundle_of(pandas.DataFrame({f"c{n}": range(1000) for n in range(30)}))["text/markdown"]

        self.assertEqual(len(markdown.splitlines()), 24)
        self.assertIn("| c11 |", markdown)
        self.assertNotIn("c12", markdown)
        self.assertTrue(markdown.endswith("1,000 rows × 30 columns"))

    def test_a_cell_cannot_break_the_table(self):
        markdown = bundle_of(pandas.DataFrame({"a|b": ["x\ny"]}))["text/markdown"]

        self.assertEqual(markdown.splitlines()[:3], ["| | a\\|b |", "| --- | --- |", "| 0 | x y |"])

    def test_text_without_end_is_cut(self):
        self.assertIn("more characters)", bundle_of("x" * 2_000_000)["text/plain"])
