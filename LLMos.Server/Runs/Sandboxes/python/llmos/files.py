"""Opening files: what lies outside the volumes is refused by the kernel; this says so in words that help."""

import builtins
import errno
import functools
import io
import os
from collections.abc import Callable
from typing import Any

__all__ = ("install",)

_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EFBIG)

_SENTENCE = (
    "A run has no access to the host's files. Files live in the volumes user/, team/ and system/ "
    "(for example user/data.csv) and are written with the write-file tool"
)


def install() -> None:
    builtins.open = io.open = _explaining(io.open)
    os.open = _explaining(os.open)


def _explaining(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def explained(file: Any, *arguments: Any, **keywords: Any) -> Any:
        try:
            return function(file, *arguments, **keywords)
        except OSError as error:
            if error.errno not in _REFUSED or not isinstance(file, (str, bytes, os.PathLike)):
                raise
            raise PermissionError(errno.EACCES, _SENTENCE, os.fspath(file)) from None

    return explained
