"""Entry point: `python3 -I …/llmos_bootstrap <socket path>`; reads top to bottom as what the forkserver does."""

import os
import socket
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from llmos_bootstrap import forkserver, preload  # noqa: E402  (the path must be set first)


def main() -> None:
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control.connect(sys.argv[1])
    # One session for this process and all workers. Where the kernel shares the processor out between sessions first (autogroup, as on
    # most hosts without containers), niceness counts only within one, and a session for each worker would make each as heavy
    # as the whole server.
    os.setsid()
    loaded = preload.load()
    forkserver.serve(control, loaded)


main()
