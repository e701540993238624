"""numpy's own ways to files by their descriptors, which files of the volumes do not have."""

import functools
import io
import os
from typing import Any

from llmos import places
from llmos.volume_file import VolumeFile

__all__ = ("install",)


def install() -> None:
    import numpy
    import numpy.lib.format

    is_file = numpy.lib.format.isfileobj
    numpy.lib.format.isfileobj = lambda file: is_file(file) and not isinstance(getattr(file, "raw", None), VolumeFile)
    numpy.lib._datasource._file_openers._file_openers[None] = io.open  # It had the one of before.
    numpy.fromfile = _fromfile(numpy.fromfile, numpy.frombuffer, numpy.fromstring)


def _fromfile(real: Any, from_bytes: Any, from_text: Any) -> Any:
    @functools.wraps(real)
    def fromfile(file: Any, dtype: Any = float, count: int = -1, sep: str = "", offset: int = 0, **keywords: Any) -> Any:
        is_path = isinstance(file, (str, bytes, os.PathLike))
        if is_path and places.find(file) is not None:
            with io.open(file, "rb") as opened:
                return fromfile(opened, dtype, count, sep, offset)
        if not isinstance(getattr(file, "raw", file), VolumeFile):
            return real(file, dtype, count, sep, offset, **keywords)
        file.seek(offset, io.SEEK_CUR)
        if sep:
            return from_text(file.read().decode(), dtype, count, sep=sep)
        import numpy

        size = numpy.dtype(dtype).itemsize
        data = bytearray(file.read() if count < 0 else file.read(count * size))
        return from_bytes(data[:len(data) // size * size], dtype)

    return fromfile
