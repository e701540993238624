"""The system call filter gives no socket but private pairs. Landlock stops TCP and abstract sockets a second time."""

import socket

LAYER = "seccomp"


def _families():
    for name, family, kind, protocol in (
        ("tcp", socket.AF_INET, socket.SOCK_STREAM, 0), ("tcp6", socket.AF_INET6, socket.SOCK_STREAM, 0),
        ("udp", socket.AF_INET, socket.SOCK_DGRAM, 0), ("udp6", socket.AF_INET6, socket.SOCK_DGRAM, 0),
        ("raw", socket.AF_INET, socket.SOCK_RAW, 1), ("raw6", socket.AF_INET6, socket.SOCK_RAW, 58), ("ping", socket.AF_INET, socket.SOCK_DGRAM, 1),
        ("packet", socket.AF_PACKET, socket.SOCK_RAW, 0), ("netlink", socket.AF_NETLINK, socket.SOCK_RAW, 0),
        ("vsock", socket.AF_VSOCK, socket.SOCK_STREAM, 0), ("crypto", socket.AF_ALG, socket.SOCK_SEQPACKET, 0),
        ("unix", socket.AF_UNIX, socket.SOCK_STREAM, 0), ("unix_datagram", socket.AF_UNIX, socket.SOCK_DGRAM, 0),
        ("bluetooth", 31, socket.SOCK_RAW, 1), ("can", socket.AF_CAN, socket.SOCK_RAW, 1), ("xdp", 44, socket.SOCK_RAW, 0),
        ("sctp", socket.AF_INET, socket.SOCK_SEQPACKET, 132), ("mptcp", socket.AF_INET, socket.SOCK_STREAM, 262),
    ):
        yield name, family, kind, protocol


@family(list(_families()))
def socket_of(decoys, name, family, kind, protocol):
    """A socket of each family."""
    try:
        return f"descriptor {_socket(family, kind, protocol)}"
    except OSError as refusal:
        if refusal.errno != errno.EPERM:
            return f"the kernel, which answered {refusal!r}"
        raise


def _socket(family, kind, protocol):
    return check(LIBC.socket(family, kind, protocol))


def _connect(family, kind, address):
    with socket.socket(family, kind) as one:
        one.settimeout(1)
        one.connect(address)
        one.send(b"hello")


@family([("tcp", "127.0.0.1"), ("tcp6", "::1")], also=("landlock",))
def connection_to_the_host(decoys, name, host):
    """TCP to a port that somebody listens on."""
    _connect(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, (host, getattr(decoys, name)))
    return f"{host}, port {getattr(decoys, name)}"


@family([("udp", "127.0.0.1"), ("udp6", "::1")])
def datagram_to_the_host(decoys, name, host):
    """UDP to a port that somebody listens on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"hello", (host, getattr(decoys, name)))
    return f"{host}, port {getattr(decoys, name)}"


@family([("stream", socket.SOCK_STREAM), ("datagram", socket.SOCK_DGRAM)])
def unix_path(decoys, name, kind):
    """A Unix socket that has a path, as those of Docker and of databases have."""
    _connect(socket.AF_UNIX, kind, f"{decoys.unix}/{name}.socket")
    return "the listener"


@family([("stream", socket.SOCK_STREAM), ("datagram", socket.SOCK_DGRAM)], also=("landlock",))
def unix_abstract(decoys, name, kind):
    """A Unix socket of the abstract namespace, which no file's mode guards."""
    _connect(socket.AF_UNIX, kind, f"\0{decoys.abstract}-{name}")
    return "the listener"


@family([("metadata", "169.254.169.254", 80), ("gateway", "172.17.0.1", 80), ("name_server", "1.1.1.1", 53)], also=("landlock",))
def connection_to(decoys, name, host, port):
    """What machines in clouds and containers can reach: metadata with credentials, the gateway, the world."""
    try:
        _connect(socket.AF_INET, socket.SOCK_STREAM, (host, port))
    except TimeoutError:
        return "the network, which did not answer"
    return host


@attack
def listening(decoys):
    """A service of its own for others on this machine."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        return f"port {one.getsockname()[1]}"


@family([("getaddrinfo",), ("gethostbyname",), ("libc",)])
def name_look_up(decoys, name):
    """A name that only the attacker's name server knows carries data out."""
    host = f"{decoys.mark}.example.invalid"
    # The resolver swallows why it failed; that no socket can be made for it is what holds.
    if name == "libc":
        LIBC.gethostbyname.restype = ctypes.c_void_p
        if LIBC.gethostbyname(host.encode()):
            return host
    else:
        try:
            getattr(socket, name)(*(host, 80)[:2 if name == "getaddrinfo" else 1])
            return host
        except socket.gaierror:
            pass
    return f"descriptor {_socket(socket.AF_INET, socket.SOCK_DGRAM, 0)} for it"


@family([("urllib",), ("http",), ("asyncio",), ("pandas",)], also=("landlock",))
def library(decoys, name):
    """Libraries that fetch by address."""
    address = f"http://127.0.0.1:{decoys.tcp}/"
    try:
        if name == "urllib":
            import urllib.request

            urllib.request.urlopen(address, timeout=1)
        elif name == "http":
            import http.client

            http.client.HTTPConnection("127.0.0.1", decoys.tcp, timeout=1).request("GET", "/")
        elif name == "asyncio":
            import asyncio

            asyncio.run(asyncio.wait_for(asyncio.open_connection("127.0.0.1", decoys.tcp), 1))
        else:
            import pandas

            pandas.read_csv(address, storage_options={"User-Agent": "x"})
    except OSError as refusal:
        inner = getattr(refusal, "reason", None)
        raise inner if isinstance(inner, OSError) else refusal
    return address


@attack
def pair_with_an_address(decoys):
    """A pair of sockets is allowed; it must not become a way to an address."""
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"hello", f"{decoys.unix}/datagram.socket")
    return "the listener"


@attack
def pair_of_another_family(decoys):
    """socketpair gives Unix sockets only."""
    pair = (ctypes.c_int * 2)()
    check(LIBC.socketpair(socket.AF_INET, socket.SOCK_STREAM, 0, pair))
    return "a pair"


@attack
def descriptor_sent_to_the_server(decoys):
    """SCM_RIGHTS over the connection that requests come in on: descriptors that fill the server's table."""
    import array

    with socket.socket(fileno=os.dup(3)) as line:
        line.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
    return "the server's descriptor table"
