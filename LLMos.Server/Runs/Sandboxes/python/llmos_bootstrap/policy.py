"""What a worker is confined to, as data."""

from dataclasses import dataclass, fields
from typing import Any

__all__ = ("LAYERS", "Policy")

LAYERS = ("rlimits", "privileges", "landlock", "seccomp")


@dataclass(frozen=True)
class Policy:
    """Limits of one worker.

    heap_bytes is counted above the interpreter's own start; cpu_seconds is the kernel's clock behind the server's;
    required names the layers without which the worker must not read user code.
    """

    heap_bytes: int
    cpu_seconds: int
    required: tuple[str, ...]

    @staticmethod
    def parse(message: dict[str, Any]) -> "Policy":
        """Read a `fork` message.

        Raises:
            ValueError: A member is missing, unknown or of the wrong type.
        """
        names = {"heapBytes": "heap_bytes", "cpuSeconds": "cpu_seconds", "required": "required"}
        given = {names.get(key, key): value for key, value in message.items() if key not in ("type", "worker")}
        if set(given) != {field.name for field in fields(Policy)}:
            raise ValueError(f"a policy has exactly the members {sorted(names)}")
        required = tuple(given["required"])
        if not set(required) <= set(LAYERS) or not all(isinstance(given[n], int) and given[n] > 0 for n in ("heap_bytes", "cpu_seconds")):
            raise ValueError("a policy's member has a wrong value")
        return Policy(given["heap_bytes"], given["cpu_seconds"], required)
