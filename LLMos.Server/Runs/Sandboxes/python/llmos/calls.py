"""Asks the server for files and devices, and makes the exceptions that Python knows of what it refuses."""

import errno
import os
from typing import Any

__all__ = ("FileConflict", "ask", "connect", "exchange")

_channel: Any = None

_NUMBERS = {
    "volumes.not_found": errno.ENOENT,
    "volumes.folder_missing": errno.ENOENT,
    "volumes.exists": errno.EEXIST,
    "volumes.is_folder": errno.EISDIR,
    "volumes.is_file": errno.ENOTDIR,
    "volumes.not_empty": errno.ENOTEMPTY,
    "volumes.into_itself": errno.EINVAL,
    "volumes.path_invalid": errno.EINVAL,
    "volumes.root_fixed": errno.EACCES,
    "volumes.read_only": errno.EACCES,
    "volumes.file_too_large": errno.EFBIG,
    "volumes.quota_exceeded": errno.EDQUOT,
    "volumes.too_many_entries": errno.EDQUOT,
    "volumes.folder_full": errno.EDQUOT,
    "storage.full": errno.ENOSPC,
    "runs.too_many_files": errno.EMFILE,
    "runs.too_many_devices": errno.EMFILE,
    "runs.device_bytes_skipped": errno.ENOBUFS,
    "devices.not_found": errno.ENODEV,
    "devices.gone": errno.ENODEV,
    "devices.lease_busy": errno.EBUSY,
    "devices.lease_required": errno.EACCES,
    "devices.take_over_forbidden": errno.EACCES,
    "devices.command_timeout": errno.ETIMEDOUT,
    "devices.write_timeout": errno.ETIMEDOUT,
    "devices.restarted": errno.ECONNRESET,
    "devices.setting_invalid": errno.EINVAL,
    "devices.argument_invalid": errno.EINVAL,
    "volumes.drafts_exceeded": errno.EDQUOT,
    "volumes.too_many_drafts": errno.EMFILE,
}

# Python's own words say the same, and everybody knows them.
_USUAL = {errno.ENOENT, errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY}


class FileConflict(OSError):
    """Somebody else changed the file since this program read or opened it. Nothing was written; the message names both versions."""


def connect(channel: Any) -> None:
    global _channel
    _channel = channel


def ask(call: str, data: Any = b"", room: Any = None, name: Any = None, **members: Any) -> dict[str, Any]:
    """Return the server's answer to a call for files; the rest is as for `exchange`."""
    return exchange({"call": call, **members}, data, room, name)


def exchange(call: dict[str, Any], data: Any = b"", room: Any = None, name: Any = None) -> dict[str, Any]:
    """Return the server's answer.

    Args:
        data: Bytes that belong to the call.
        room: Where the bytes of the answer go.
        name: What an error names as its file or device.

    Raises:
        OSError: The server refused.
    """
    if _channel is None:
        raise PermissionError(errno.EACCES, "There are no volumes and devices here", name)
    if _channel.is_asking:
        raise BlockingIOError(errno.EBUSY, "A signal's handler cannot reach files and devices while the program does", name)
    try:
        answer = _channel.exchange(call, data, room)
    except UnicodeEncodeError:
        raise OSError(errno.EILSEQ, os.strerror(errno.EILSEQ), name) from None
    if answer["error"] is not None:
        raise _refusal(answer["error"], answer["message"], name)
    return answer


def _refusal(code: str, message: str, name: Any) -> OSError:
    if code == "volumes.conflict":
        return FileConflict(errno.ESTALE, message.rstrip("."), name)
    number = _NUMBERS.get(code, errno.EIO)
    return OSError(number, os.strerror(number) if number in _USUAL else message.rstrip("."), name)
