import subprocess
import sys
import unittest

import sandbox

SETTLED = """
import ctypes, resource
import numpy
kind = ctypes.CFUNCTYPE(ctypes.c_int)
kept, other = kind(lambda: 7), kind(lambda: 8)
from llmos_bootstrap import memory
before = memory._mappings()
memory.settle()
after = memory._mappings()
assert len(after) < len(before), (len(before), len(after))
print(*{mapping.rights for mapping in after})
assert numpy.linalg.inv(numpy.eye(3)).sum() == 3
# What there was of callbacks can be called and let go; there is no room for another.
assert kept() == 7
del other
_, hard = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (0, hard))
try:
    kind(lambda: 9)
except MemoryError:
    pass
else:
    raise AssertionError("a callback was made")
"""


class Settling(unittest.TestCase):
    def test_fewer_mappings_are_left_and_none_is_both_writable_and_executable(self) -> None:
        # In a process of its own: it changes the memory that it runs in.
        path = f"import sys; sys.path.insert(0, {sandbox.PYTHON!r})\n"

        done = subprocess.run([sys.executable, "-I", "-c", path + SETTLED], capture_output=True, text=True, timeout=60)

        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse([rights for rights in done.stdout.split() if "w" in rights and "x" in rights])
