import unittest

import sandbox  # noqa: F401  (sets the path)
from llmos_bootstrap import forkserver


class Users(unittest.TestCase):
    def test_each_worker_has_the_next_number(self):
        self.assertEqual([forkserver._next_user(last, ()) for last in (-1, 0, 41)], [0, 1, 42])

    def test_numbers_go_round_past_those_that_living_workers_have(self):
        last = forkserver._USERS - 1

        self.assertEqual(forkserver._next_user(last, {0, 1, 3}), 2)
        self.assertEqual(forkserver._next_user(last - 1, {last, 0}), 1)

    def test_the_last_free_number_is_found(self):
        taken = set(range(forkserver._USERS)) - {7}

        self.assertEqual([forkserver._next_user(last, taken) for last in (6, 7, 8)], [7, 7, 7])
