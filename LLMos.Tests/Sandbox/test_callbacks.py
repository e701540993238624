import subprocess
import sys
import unittest

import sandbox

CALLBACKS = """
import ctypes
from llmos import callbacks
getpid = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p).value
callbacks.install()
for make in (ctypes.CFUNCTYPE, ctypes.PYFUNCTYPE):
    for function in (lambda: 1, len, ctypes.CDLL(None).getpid):
        try:
            make(ctypes.c_int)(function)
        except PermissionError as refusal:
            assert "callback" in str(refusal)
        else:
            raise AssertionError(function)
assert ctypes.CFUNCTYPE(ctypes.c_int)(getpid)() == ctypes.CDLL(None).getpid() > 0
assert ctypes.CFUNCTYPE(ctypes.c_int)(("getpid", ctypes.CDLL(None)))() > 0
assert not ctypes.CFUNCTYPE(ctypes.c_int)()
"""


class Callbacks(unittest.TestCase):
    def test_they_are_refused_with_the_reason_and_c_functions_are_called_as_ever(self) -> None:
        # In a process of its own: it changes ctypes.
        path = f"import sys; sys.path.insert(0, {sandbox.PYTHON!r})\n"

        done = subprocess.run([sys.executable, "-I", "-c", path + CALLBACKS], capture_output=True, text=True, timeout=60)

        self.assertEqual(done.returncode, 0, done.stderr)
