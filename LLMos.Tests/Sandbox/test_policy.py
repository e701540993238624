import unittest

import sandbox  # noqa: F401  (sets the path)
from llmos_bootstrap.policy import Policy

_MESSAGE = {"type": "fork", "worker": 1, "heapBytes": 1, "cpuSeconds": 1, "required": ["seccomp"]}


class Policies(unittest.TestCase):
    def test_a_fork_message_is_a_policy(self):
        self.assertEqual(Policy.parse(_MESSAGE), Policy(1, 1, ("seccomp",)))

    def test_what_is_missing_unknown_or_no_limit_is_refused(self):
        without = {key: value for key, value in _MESSAGE.items() if key != "cpuSeconds"}
        for message in (
            without, {**_MESSAGE, "nice": 1}, {**_MESSAGE, "heapBytes": 0}, {**_MESSAGE, "heapBytes": -1},
            {**_MESSAGE, "cpuSeconds": float("nan")}, {**_MESSAGE, "cpuSeconds": "31"}, {**_MESSAGE, "required": ["everything"]},
        ):
            with self.subTest(message), self.assertRaises(ValueError):
                Policy.parse(message)
