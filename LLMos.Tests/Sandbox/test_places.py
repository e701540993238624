import importlib
import os
import unittest
from pathlib import Path

import sandbox  # noqa: F401  (sets the path)

places = importlib.import_module("llmos.places")


class Places(unittest.TestCase):
    def tearDown(self):
        places.enter("user")

    def test_a_path_that_begins_with_a_volume_is_whole_with_and_without_a_slash(self):
        for path in ("user/a/b", "/user/a/b", Path("user/a/b"), b"user/a/b", "user//a/./b/", "user/x/../a/b", "/etc/../user/a/b"):
            self.assertEqual("user/a/b", places.find(path), path)
        self.assertEqual(["team", "system"], [places.find("team"), places.find("/system/")])

    def test_other_relative_paths_begin_at_the_current_folder(self):
        self.assertEqual("user/a", places.find("a"))
        places.enter("team/b")
        self.assertEqual(["team/b/a", "team/a", "user/a", "team/b"], [places.find(path) for path in ("a", "../a", "user/a", ".")])

    def test_what_lies_elsewhere_is_not_in_the_volumes(self):
        for path in ("/etc/passwd", "/", "..", "../etc/passwd", "user/../../etc/passwd", "/users/a", "/user.txt", "/usr/lib", "", "user/a\0b", 3, None, "//etc", "../users/x"):
            self.assertIsNone(places.find(path), path)

    def test_what_is_no_path_is_told_by_whoever_is_asked(self):
        with self.assertRaises(TypeError):
            places.find(1.5)


class Opening(unittest.TestCase):
    def test_modes_are_those_of_the_builtin_open(self):
        opening = importlib.import_module("llmos.opening")
        for mode in ("", "rw", "rr", "z", "b", "+", "rbt", "w+x", "rU"):
            with self.assertRaises(ValueError, msg=mode):
                opening._parse(mode, None, None, None)
            with self.assertRaises(ValueError, msg=mode):
                open(os.devnull, mode)
        for mode in ("r", "w", "a", "x", "rb", "br", "r+", "w+b", "rt", "+r"):
            opening._parse(mode, None, None, None)
