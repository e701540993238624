"""Leaves the forkserver's memory as a fork finds it cheapest. Called last, when nothing more will be made."""

import ctypes
import gc
import mmap
import resource
from dataclasses import dataclass

import _ctypes

__all__ = ("hold_arenas", "settle")

_MADV_COLLAPSE = 25  # Linux 6.1
_HUGE = 2 * 1024 * 1024
_LARGE = 64 * 1024  # of the heap still, not a mapping of its own

_ARENA = 1024 * 1024  # what CPython's allocator asks the kernel for at a time
_POOL = 16 * 1024  # of objects of one size
_BLOCK = 512  # the largest object that it serves from there
_TRIES = 64  # to find no more gaps; nothing is lost when some are left
_MOST_GAPS = 16 * 1024 * 1024  # bytes of the heap; 4 MB were found

_libc = ctypes.CDLL(None)
_libc.malloc.argtypes, _libc.malloc.restype = (ctypes.c_size_t,), ctypes.c_void_p
_libc.free.argtypes = (ctypes.c_void_p,)
_libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)

_filling: list[list[bytes]] = []


def hold_arenas(megabytes: int) -> list[bytes]:
    """Have the allocator take its arenas in one piece; they stay its own as long as the returned list lives.

    Taken one by one during the imports they lie between the libraries, each too small to become a huge page.
    """
    held: list[bytes] = [b""] * (megabytes * _ARENA // _BLOCK)  # its full length at once: growing, it would lie between
    for place in range(len(held)):
        held[place] = bytes(_BLOCK - bytes().__sizeof__())
    return held[::_ARENA // _BLOCK // 2]


def settle() -> None:
    """Freeze what there is for the collector, give free memory back, and leave few pages and few mappings.

    A fork copies an entry for each page and a description of each mapping, and a worker copies a page for each that it writes to.
    Measured, of the time of fork and exit: with huge pages 0.66 is left, with joined mappings 0.6 of that. A kernel that
    cannot do it says so, and nothing is lost.
    """
    gc.collect()
    _end_callbacks()
    gc.freeze()
    _libc.malloc_trim(0)
    _fill_pools()
    _fill_heap()
    # A library's five mappings are two rows of neighbours that differ in nothing but their rights. What kept them apart guards
    # against a stray write; a program here may call any function by ctypes. Nothing becomes both writable and executable.
    _join(("r--p", "r-xp"), mmap.PROT_READ | mmap.PROT_EXEC)
    _join(("r--p", "rw-p"), mmap.PROT_READ | mmap.PROT_WRITE)
    for mapping in _mappings():
        if mapping.rights == "rw-p" and mapping.name in ("", "[heap]"):
            _make_huge(mapping)


def _end_callbacks() -> None:
    """Leave no memory that can be both written to and run: libffi has a page of such for the callbacks of ctypes, and a program would have its own machine code there.

    Callbacks that there are stay as they are, for good: to let go of one writes to the page. There is no room on it for more, so that a
    program that makes one is refused, and not ended by the kernel.
    """
    for one in gc.get_objects():
        if type(one).__name__ == "CThunkObject":
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(one))
    library = ctypes.CDLL(getattr(_ctypes, "__file__", None))
    allocate = getattr(library, "ffi_closure_alloc", None)
    if allocate is not None:
        allocate.argtypes, allocate.restype = (ctypes.c_size_t, ctypes.c_void_p), ctypes.c_void_p
        code = ctypes.byref(ctypes.c_void_p())
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (0, hard))  # not one page more
        try:
            while allocate(1, code):
                pass
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    for mapping in _mappings():
        if "w" in mapping.rights and "x" in mapping.rights:
            _libc.mprotect(mapping.start, mapping.end - mapping.start, mmap.PROT_READ | mmap.PROT_EXEC)


def _fill_pools() -> None:
    """Take what is free among other objects, for good: what a worker makes lies together then, on fewer pages."""
    header = bytes().__sizeof__()
    for size in range(-(-header // 16) * 16, _BLOCK + 1, 16):
        for _ in range(_TRIES):
            batch = [bytes(size - header) for _ in range(2 * _POOL // size)]
            _filling.append(batch)
            # What two pools hold lies in more of them as long as there are gaps.
            if len({id(block) // _POOL for block in batch}) <= 4:
                break


def _fill_heap() -> None:
    """The same for what is larger; the heap's end is above every gap."""
    end = _libc.malloc(_LARGE)
    _libc.free(end)
    sizes = [*(_LARGE >> shift for shift in range(6)), *range(1024, 16, -16)]
    left = _MOST_GAPS
    for size in sizes:
        while (block := _libc.malloc(size)) < end and left > 0:
            left -= size
        _libc.free(block)


@dataclass
class _Mapping:
    start: int
    end: int
    rights: str
    offset: int
    name: str

    def continues(self, other: "_Mapping") -> bool:
        return self.name == other.name and self.start == other.end and self.offset == other.offset + other.end - other.start


def _mappings() -> list[_Mapping]:
    with open("/proc/self/maps") as maps:
        lines = [line.split(maxsplit=5) for line in maps]
    return [
        _Mapping(*(int(address, 16) for address in addresses.split("-")), rights, int(offset, 16), "".join(name).strip())
        for addresses, rights, offset, _, _, *name in lines
    ]


def _join(rights: tuple[str, str], to: int) -> None:
    """Give all rights in `to` to neighbours of one file that have either of `rights`: the kernel makes them one."""
    row: list[_Mapping] = []
    for mapping in [*_mappings(), _Mapping(0, 0, "", 0, "")]:
        fits = mapping.rights in rights and mapping.name.startswith("/")
        if row and not (fits and mapping.continues(row[-1])):
            if len(row) > 1:
                _libc.mprotect(row[0].start, row[-1].end - row[0].start, to)
            row = []
        if fits:
            row.append(mapping)


def _make_huge(mapping: _Mapping) -> None:
    start, end = -(-mapping.start // _HUGE) * _HUGE, mapping.end // _HUGE * _HUGE
    if start < end:
        _libc.madvise(start, end - start, _MADV_COLLAPSE)
