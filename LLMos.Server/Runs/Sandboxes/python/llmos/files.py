"""Puts the volumes under Python's own functions for files, and says in words that help what the kernel refuses outside of them.

Only the lowest functions are replaced, so that pathlib, glob, shutil, zipfile, pandas, matplotlib and the rest come to the volumes by
themselves. What is not a path of the volumes goes where it always went.
"""

import builtins
import bz2
import errno
import functools
import io
import os
import pathlib
import posixpath
import shutil
import stat as modes
import sys
import tarfile
import tempfile
import tokenize
from collections.abc import Callable
from typing import Any

from llmos import folders, opening, places, standard_input, streams

__all__ = ("install",)

_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EFBIG)

_SENTENCE = (
    "A run has no access to the host's files. Files live in the volumes user/, team/ and system/: "
    "open('user/data.csv') reads one, open('user/data.csv', 'w') writes it"
)
_NO_DESCRIPTOR = "Files of the volumes have no descriptors: use open() instead of os.open()"

Function = Callable[..., Any]


def install() -> None:
    """Replace them, once, before the fork."""
    builtins.open = io.open = _opening(io.open)
    io.open_code = _opening_code(io.open_code)
    bz2._builtin_open = tarfile.bltn_open = tokenize._builtin_open = builtins.open  # type: ignore[attr-defined]
    os.open = _explaining(_on_path(os.open, _no_descriptor))
    for name in ("stat", "lstat"):
        setattr(os, name, _on_path(_if_readable(getattr(os, name), os.open), folders.stat))
    for name in ("listdir", "scandir"):
        setattr(os, name, _on_path(getattr(os, name), getattr(folders, name), default="."))
    os.access = _on_path(_asking(os.access, os.stat), folders.access)
    for name in ("mkdir", "rmdir", "truncate", "readlink", "statvfs", "fwalk"):
        setattr(os, name, _on_path(getattr(os, name), getattr(folders, name)))
    os.remove = os.unlink = _on_path(os.remove, folders.remove)
    os.rename = _on_two_paths(os.rename, folders.rename)
    os.replace = _on_two_paths(os.replace, folders.rename)
    os.link, os.symlink = _on_two_paths(os.link, folders.link), _on_two_paths(os.symlink, folders.link)
    for name in ("chmod", "chown", "lchown", "utime"):
        setattr(os, name, _on_path(getattr(os, name), lambda whole, path, *_, **__: folders.nothing(whole, path)))
    os.listxattr = _on_path(os.listxattr, lambda *_, **__: [])
    os.chdir, os.getcwd, os.getcwdb = _chdir(os.chdir), places.current, lambda: places.current().encode()
    posixpath.abspath, posixpath.realpath = _absolute(posixpath.abspath), _absolute(posixpath.realpath)
    pathlib.Path.absolute = lambda self: type(self)(posixpath.abspath(self))  # type: ignore[method-assign]
    pathlib.Path.touch = _touch(pathlib.Path.touch)  # type: ignore[method-assign]
    shutil.rmtree = _rmtree(shutil.rmtree)
    shutil.copyfile = _copyfile(shutil.copyfile)
    tempfile._rmtree = shutil.rmtree  # type: ignore[attr-defined]
    tempfile._TemporaryFileCloser.close.__defaults__ = (os.unlink,)  # type: ignore[attr-defined]
    tempfile.NamedTemporaryFile = _temporary(tempfile.NamedTemporaryFile)  # type: ignore[assignment, misc]
    tempfile.TemporaryFile = _temporary(tempfile.TemporaryFile)  # type: ignore[assignment, misc]


def _opening(real: Function) -> Function:
    explained = _explaining(real)

    @functools.wraps(real)
    def open(file: Any, *arguments: Any, **keywords: Any) -> Any:
        name = os.fspath(file) if isinstance(file, os.PathLike) else file
        if standard_input.names_stream(name):
            return streams.remember(standard_input.open_stream(real, name, *arguments, **keywords))
        whole = _find(file)
        return explained(file, *arguments, **keywords) if whole is None else opening.open_file(whole, file, *arguments, **keywords)

    return open


def _opening_code(real: Function) -> Function:
    @functools.wraps(real)
    def open_code(path: str) -> Any:
        whole = _find(path)
        return real(path) if whole is None else opening.open_file(whole, path, "rb")

    return open_code


def _explaining(real: Function) -> Function:
    @functools.wraps(real)
    def explained(file: Any, *arguments: Any, **keywords: Any) -> Any:
        try:
            return real(file, *arguments, **keywords)
        except OSError as error:
            if error.errno not in _REFUSED or not isinstance(file, (str, bytes, os.PathLike)) or _find(file) is not None:
                raise
            raise PermissionError(errno.EACCES, _SENTENCE, os.fspath(file)) from None

    return explained


def _if_readable(real: Function, opens: Function) -> Function:
    """A file of the host that cannot be opened is not there: libraries ask first, and fail when they then may not."""

    @functools.wraps(real)
    def stat(path: Any, *arguments: Any, **keywords: Any) -> os.stat_result:
        facts: os.stat_result = real(path, *arguments, **keywords)
        # Folders are there, as what is in them may be.
        if isinstance(path, int) or keywords.get("dir_fd") is not None or modes.S_ISDIR(facts.st_mode) or modes.S_ISLNK(facts.st_mode):
            return facts
        try:
            os.close(opens(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC))
        except PermissionError:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None
        except OSError:
            pass  # It is there, and has a reason of its own.
        return facts

    return stat


def _asking(real: Function, stat: Function) -> Function:
    """What can be written or started of the host is nothing but what forgets it."""

    @functools.wraps(real)
    def access(path: Any, mode: int, **keywords: Any) -> bool:
        try:
            stat(path)
        except (OSError, ValueError):
            return False
        return path == os.devnull or not mode & (os.W_OK | os.X_OK) and bool(real(path, mode, **keywords))

    return access


def _on_path(real: Function, ours: Function, default: Any = None) -> Function:
    @functools.wraps(real)
    def function(path: Any = default, *arguments: Any, **keywords: Any) -> Any:
        if path is None:
            path = default
        whole = _find(path) if keywords.get("dir_fd") is None else None
        if whole is None:
            return real(path, *arguments, **keywords)
        keywords.pop("dir_fd", None)
        if ours is folders.stat:
            return ours(whole, path)
        return ours(whole, path, *arguments, **keywords)

    return function


def _on_two_paths(real: Function, ours: Function) -> Function:
    @functools.wraps(real)
    def function(src: Any, dst: Any, *arguments: Any, **keywords: Any) -> Any:
        source, target = _find(src), _find(dst)
        if source is None and target is None:
            return real(src, dst, *arguments, **keywords)
        if source is None or target is None:
            raise PermissionError(errno.EACCES, _SENTENCE, src if source is None else dst)
        return ours(source, src, target)

    return function


def _find(path: Any) -> str | None:
    try:
        return places.find(path)
    except TypeError:
        return None  # The real function says what it takes.


def _no_descriptor(whole: str, path: Any, *_: Any, **__: Any) -> int:
    raise PermissionError(errno.EACCES, _NO_DESCRIPTOR, path)


def _chdir(real: Function) -> Function:
    explained = _explaining(real)

    def chdir(path: Any) -> None:
        whole = _find(path)
        if whole is None:
            explained(path)
            return
        if not os.path.isdir(path):
            folders.stat(whole, path)
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        places.enter(whole)

    return functools.wraps(real)(chdir)


def _absolute(real: Function) -> Function:
    @functools.wraps(real)
    def absolute(path: Any, **keywords: Any) -> Any:
        whole = _find(path)
        if whole is None:
            return real(path, **keywords)
        return f"/{whole}".encode() if isinstance(os.fspath(path), bytes) else f"/{whole}"

    return absolute


def _touch(real: Function) -> Function:
    @functools.wraps(real)
    def touch(self: pathlib.Path, mode: int = 0o666, exist_ok: bool = True) -> None:
        if _find(self) is None:
            real(self, mode, exist_ok)
        elif not exist_ok or not os.path.exists(self):
            builtins.open(self, "xb").close()

    return touch


def _rmtree(real: Function) -> Function:
    @functools.wraps(real)
    def rmtree(path: Any, ignore_errors: bool = False, onerror: Any = None, **keywords: Any) -> None:
        whole = _find(path)
        if whole is None:
            real(path, ignore_errors, onerror, **keywords)
            return
        try:
            folders.remove_tree(whole, path)
        except OSError:
            if onerror is not None:
                onerror(os.rmdir, path, sys.exc_info())
            elif not ignore_errors:
                raise

    return rmtree


def _copyfile(real: Function) -> Function:
    @functools.wraps(real)
    def copyfile(src: Any, dst: Any, *, follow_symlinks: bool = True) -> Any:
        source, target = _find(src), _find(dst)
        if source is None or target is None:
            return real(src, dst, follow_symlinks=follow_symlinks)
        if source == target:
            raise shutil.SameFileError(f"{src!r} and {dst!r} are the same file")
        folders.copy(source, src, target)
        return dst

    return copyfile


def _temporary(real: Function) -> Function:
    @functools.wraps(real)
    def temporary(
        mode: str = "w+b", buffering: int = -1, encoding: Any = None, newline: Any = None, suffix: Any = None, prefix: Any = None, dir: Any = None,
        delete: bool = True, *, errors: Any = None,
    ) -> Any:
        if dir is None or _find(dir) is None:
            keywords = {"delete": delete} if real.__name__ == "NamedTemporaryFile" else {}
            return real(mode, buffering, encoding, newline, suffix, prefix, dir, errors=errors, **keywords)
        for name in tempfile._get_candidate_names():  # type: ignore[attr-defined]
            path = os.path.join(os.path.abspath(dir), f"{prefix or 'tmp'}{name}{suffix or ''}")
            try:
                builtins.open(path, "xb").close()
                break
            except FileExistsError:
                continue
        # Not made anew when it is closed: it may have been written by its name.
        file = builtins.open(path, mode.replace("w", "r").replace("x", "r").replace("+", "") + "+", buffering, encoding, errors, newline)
        return tempfile._TemporaryFileWrapper(file, path, delete)  # type: ignore[attr-defined]

    return temporary
