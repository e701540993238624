"""The functions of `os` on paths of the volumes. Each takes what `places.find` found, and what the program said."""

import errno
import os
import stat as modes
from collections.abc import Iterator
from typing import Any

from llmos import calls, opening

__all__ = (
    "DirEntry", "access", "copy", "fwalk", "link", "listdir", "mkdir", "nothing", "readlink", "remove", "remove_tree", "rename", "replace", "rmdir",
    "scandir", "stat", "statvfs", "truncate",
)

_DEVICE = 0x6C6C6D6F  # Of no host.
_FILE, _FOLDER, _READ_ONLY = 0o644, 0o755, 0o555
_BLOCK, _NAME_BYTES = 4096, 255


def stat(whole: str, name: Any) -> os.stat_result:
    answer = _ask("stat", whole, name)
    return _result(answer["entry"], answer["writable"])


def statvfs(whole: str, name: Any) -> os.statvfs_result:
    """What a volume may hold, and has room for: its quota, in blocks."""
    space = _ask("space", whole, name)["space"]
    blocks, free, entries, free_entries = space["bytes"] // _BLOCK, space["freeBytes"] // _BLOCK, space["entries"], space["freeEntries"]
    return os.statvfs_result((_BLOCK, _BLOCK, blocks, free, free, entries, free_entries, free_entries, 0, _NAME_BYTES))


def fwalk(whole: str, name: Any, *_: Any, **__: Any) -> Any:
    raise PermissionError(errno.EACCES, "Files of the volumes have no descriptors: use os.walk() instead of os.fwalk()", name)


def listdir(whole: str, name: Any) -> list[Any]:
    names = [entry["name"] for entry in _entries(whole, name)[0]]
    return [os.fsencode(one) for one in names] if isinstance(name, bytes) else names


class DirEntry:
    """What `scandir` gives, as os.DirEntry."""

    __slots__ = ("_facts", "_writable", "name", "path")

    def __init__(self, writable: bool, folder: str, facts: dict[str, Any]) -> None:
        self.name: str = facts["name"]
        self.path = os.path.join(folder, self.name)
        self._writable = writable
        self._facts = facts

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"<DirEntry {self.name!r}>"

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self._facts["version"] is None

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return self._facts["version"] is not None

    def is_symlink(self) -> bool:
        return False

    def inode(self) -> int:
        return _inode(self._facts)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return _result(self._facts, self._writable)


class scandir:
    """A folder's entries, all as of when the first of them was asked for."""

    def __init__(self, whole: str, name: Any) -> None:
        folder = os.fsdecode(name)
        entries, writable = _entries(whole, name)
        self._entries: Iterator[DirEntry] = iter([DirEntry(writable, folder, facts) for facts in entries])

    def __iter__(self) -> Iterator[DirEntry]:
        return self

    def __next__(self) -> DirEntry:
        return next(self._entries)

    def __enter__(self) -> "scandir":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def mkdir(whole: str, name: Any, mode: int = 0o777) -> None:
    _ask("makeFolder", whole, name)


def remove(whole: str, name: Any) -> None:
    _ask("remove", whole, name, mode="file")


def rmdir(whole: str, name: Any) -> None:
    _ask("remove", whole, name, mode="folder")


def remove_tree(whole: str, name: Any) -> None:
    _ask("remove", whole, name, mode="tree")


def rename(whole: str, name: Any, to: str) -> None:
    # As on Linux: a file takes another's place, a folder that of an empty folder.
    _ask("move", whole, name, to=to, overwrite=True)


replace = rename


def copy(whole: str, name: Any, to: str) -> None:
    """Copy a file on the server."""
    _ask("copy", whole, name, to=to)


def truncate(whole: str, name: Any, length: int) -> None:
    with opening.open_file(whole, name, "r+b", 0) as file:
        file.truncate(length)


def access(whole: str, name: Any, mode: int) -> bool:
    try:
        rights = stat(whole, name).st_mode
    except OSError:
        return False
    return not (mode & os.W_OK and not rights & 0o200 or mode & os.X_OK and not modes.S_ISDIR(rights))


def readlink(whole: str, name: Any) -> str:
    stat(whole, name)
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), name)


def link(*_: Any, **__: Any) -> None:
    raise PermissionError(errno.EPERM, "The volumes have no links; copy the file, or move it")


def nothing(whole: str, name: Any) -> None:
    """Rights, owners and times are the volume's own: to set them on what is there changes nothing."""
    if not opening.is_being_written(whole):
        stat(whole, name)


def _ask(call: str, whole: str, name: Any, **members: Any) -> dict[str, Any]:
    try:
        return calls.ask(call, name=name, path=whole, **members)
    except FileNotFoundError:
        if not opening.is_being_written(whole):
            raise
        raise FileNotFoundError(errno.ENOENT, "It is open for writing, and there when it has been closed", name) from None


def _entries(whole: str, name: Any) -> tuple[list[dict[str, Any]], bool]:
    """Return them, and whether they may be changed."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = calls.ask("list", name=name, path=whole, after=after)
        found += page["entries"]
        after = page["next"]
        if after is None:
            return found, page["writable"]


def _inode(facts: dict[str, Any]) -> int:
    return int(facts["id"]) & 0xFFFFFFFFFFFFFFFF  # What is in system/ has numbers below zero.


def _result(facts: dict[str, Any], writable: bool) -> os.stat_result:
    is_file = facts["version"] is not None
    rights = (_FILE if is_file else _FOLDER) & (0o777 if writable else _READ_ONLY)
    modified, created = facts["modifiedAt"], facts["createdAt"]
    seconds = modified // 1_000_000
    return os.stat_result(
        (
            (modes.S_IFREG if is_file else modes.S_IFDIR) | rights, _inode(facts), _DEVICE, 1, os.getuid(), os.getgid(), facts["bytes"],
            seconds, seconds, created // 1_000_000,
        ),
        {
            "st_atime": modified / 1e6, "st_mtime": modified / 1e6, "st_ctime": created / 1e6,
            "st_atime_ns": modified * 1000, "st_mtime_ns": modified * 1000, "st_ctime_ns": created * 1000,
        },
    )
