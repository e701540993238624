"""What the server must stop by itself: a program that asks for files on its line, past Python's functions and their manners."""

import struct


def _send(payload, length=None):
    view = memoryview(struct.pack(">I", len(payload) if length is None else length) + payload)
    while view:
        view = view[os.write(3, view):]


def _receive(count):
    data = b""
    while len(data) < count:
        part = os.read(3, count - len(data))
        if not part:
            raise ConnectionError("the line was closed")
        data += part
    return data


def call(data=b"", **members):
    """Make a call and return its answer and the bytes that came with it."""
    if data:
        members["bytes"] = len(data)
    _send(json.dumps(members).encode() + data, len(json.dumps(members).encode()))
    answer = json.loads(_receive(*struct.unpack(">I", _receive(4))))
    return answer, _receive(answer["bytes"])


def refused(*codes, data=b"", **members):
    """Make a call that must be refused, by one of `codes` if there are any; return what it said."""
    answer, data = call(data, **members)
    if answer["error"] is None:
        raise ValueError(f"{members} was answered: {answer} {data}")
    if codes and answer["error"] not in codes:
        raise ValueError(f"{members} was refused by {answer['error']}")
    return answer["error"]


def made_up(codes, calls):
    raise Held(", ".join(sorted({refused(*codes, **members) for members in calls})))


def every_call(path):
    """Every call that takes a path, with this one."""
    yield {"call": "stat", "path": path}
    yield {"call": "list", "path": path}
    for mode in ("read", "write", "new", "append", "update"):
        yield {"call": "open", "path": path, "mode": mode}
    yield {"call": "makeFolder", "path": path}
    for mode in ("file", "folder", "tree"):
        yield {"call": "remove", "path": path, "mode": mode}
    for name in ("move", "copy"):
        yield {"call": name, "path": path, "to": "user/mine"}
        yield {"call": name, "path": "system/contract.md", "to": path}


@family([
    ("up", "user/../secret.txt"), ("up_to_the_host", "user/../../../../etc/passwd"), ("host", "/etc/passwd"), ("root", "/"), ("nothing", ""), ("slash_before", "/user/secret.txt"),
    ("dots", ".."), ("dot", "."), ("up_alone", "user/.."), ("dot_within", "user/./secret.txt"), ("two_slashes", "user//etc/passwd"), ("slash_behind", "user/secret.txt/"),
    ("backslash", "user\\..\\victim"), ("nul", "user/secret.txt\0.png"), ("line_end", "user/a\nb"), ("escape", "user/\x1b[2J"), ("capital", "User/secret.txt"), ("unknown_volume", "victim/secret.txt"),
    ("owner_behind", "user-victim/secret.txt"), ("owner_with_colon", "user:victim/secret.txt"), ("owner_with_at", "user@victim/secret.txt"), ("full_width", "ｕser/secret.txt"),
    ("scheme", "file:///etc/passwd"), ("database", "llmos.db"), ("contents", "contents/incoming"), ("long_name", "user/" + "n" * 256), ("long_path", "user" + "/name" * 1000), ("deep", "user" + "/a" * 65),
    ("wide", "user/" + "é" * 9_000), ("device", "/dev/zero"), ("proc", "/proc/self/environ"),
])
def path(decoys, name, path):
    """A path that is none, through every call."""
    made_up(["volumes.path_invalid"], every_call(path))


@family([("name", "user/secret.txt"), ("volume_as_folder", "user/victim/secret.txt"), ("key", "user/user/victim/secret.txt"), ("encoded", "user/%2e%2e/victim/secret.txt"), ("id", "user/1")])
def another_persons_file(decoys, name, path):
    """A file of somebody else, by what it may be called."""
    made_up(["volumes.not_found", "volumes.folder_missing"], [one for one in every_call(path) if one["call"] in ("stat", "list", "remove") or one.get("mode") in ("read", "update")])


@attack
def search_for_another_persons_file(decoys):
    """Everything that can be listed and read, searched for a secret."""
    waiting, seen = ["user", "team", "system"], 0
    while waiting:
        folder = waiting.pop()
        for entry in call(call="list", path=folder)[0]["entries"]:
            seen += 1
            if entry["version"] is None:
                waiting.append(f"{folder}/{entry['name']}")
            elif SECRET.search(call(call="open", path=f"{folder}/{entry['name']}", mode="read")[1]):
                return folder, entry
    raise Held(f"{seen} entries, none of somebody else's")


@family([
    ("write", dict(call="open", mode="write")), ("append", dict(call="open", mode="append")), ("update", dict(call="open", mode="update")), ("new", dict(call="open", mode="new")),
    ("remove", dict(call="remove", mode="file")), ("remove_tree", dict(call="remove", mode="tree")), ("folder", dict(call="makeFolder")), ("move_away", dict(call="move", to="user/mine")),
])
def write_to_what_is_not_ones_own(decoys, name, members):
    """A change of what may only be read."""
    codes = ["volumes.read_only"] if members["call"] != "remove" else ["volumes.read_only", "volumes.not_found", "volumes.is_folder", "volumes.is_file"]
    made_up(codes, [{**members, "path": path} for path in ("team/shared.txt", "system/contract.md", "team/new", "system", "team")])


@family([("move", "move"), ("copy", "copy")])
def bring_in(decoys, name, how):
    """A file of one's own put where one may only read."""
    handle = call(call="open", path=f"user/{name}", mode="write")[0]["handle"]
    call(call="commit", handle=handle)
    made_up(["volumes.read_only"], [{"call": how, "path": f"user/{name}", "to": to, **({"overwrite": True} if how == "move" else {})} for to in ("team/shared.txt", "system/contract.md", "team/new")])


@family([(str(number), number) for number in (0, 1, 2, 17, 2**31 - 1, -1)], ends="protocol")
def handle_of_somebody_else(decoys, name, number):
    """A handle that this worker was not given."""
    return call(call="read", handle=number, offset=0, length=1000)


@attack
def handles_exhausted(decoys):
    """More open files than one may have."""
    for count in range(1000):
        answer, _ = call(call="open", path=f"user/{count}", mode="append")
        if answer["error"] is not None:
            raise Held(f"{answer['error']} after {count}")
    return "a thousand handles"


@family([("resize", lambda handle: dict(call="resize", handle=handle, length=1 << 45)), ("far_away", lambda handle: dict(call="write", handle=handle, offset=1 << 45, data=b"x"))])
def disk_filled_by_a_draft(decoys, name, make):
    """A draft larger than a file may be."""
    raise Held(refused("volumes.file_too_large", **make(call(call="open", path="user/large", mode="write")[0]["handle"])))


@attack
def disk_filled_by_many_drafts(decoys):
    """Drafts that together have more than two of the largest files."""
    for count in range(10):
        handle = call(call="open", path=f"user/draft{count}", mode="write")[0]["handle"]
        answer, _ = call(call="resize", handle=handle, length=1 << 30)
        if answer["error"] is not None:
            raise Held(f"{answer['error']} after {count} GiB")
    return "10 GiB of drafts"


def _json(**members):
    return json.dumps(members).encode()


@family([
    ("empty", b""), ("null", b"null"), ("array", b"[]"), ("text", b'"stat"'), ("not_json", b"hello"), ("not_utf8", b'{"call":"stat","path":"\xff"}'), ("lone_surrogate", b'{"call":"stat","path":"\\ud800"}'),
    ("no_call", _json(path="user")), ("unknown_call", _json(call="eval", path="user")), ("call_is_a_number", _json(call=7)), ("unknown_member", _json(call="stat", path="user", owner="victim")),
    ("twice", b'{"call":"stat","path":"user","path":"team"}'), ("path_is_missing", _json(call="stat")), ("path_is_a_number", _json(call="stat", path=7)), ("path_is_null", _json(call="open", path=None, mode="read")),
    ("mode_unknown", _json(call="open", path="user/a", mode="admin")), ("mode_is_missing", _json(call="open", path="user/a")), ("mode_of_remove", _json(call="remove", path="user/a", mode="read")),
    ("handle_too_large", _json(call="discard", handle=2**31)), ("handle_is_a_fraction", _json(call="discard", handle=1.5)), ("handle_is_a_text", _json(call="discard", handle="1")),
    ("offset_negative", _json(call="read", handle=1, offset=-1, length=1)), ("offset_too_large", _json(call="read", handle=1, offset=2**63, length=1)), ("length_zero", _json(call="read", handle=1, offset=0, length=0)),
    ("length_too_large", _json(call="read", handle=1, offset=0, length=(1 << 20) + 1)), ("length_negative", _json(call="resize", handle=1, length=-1)), ("bytes_without_write", _json(call="stat", path="user", bytes=1)),
    ("bytes_too_many", _json(call="write", handle=1, offset=0, bytes=(1 << 20) + 1)), ("bytes_negative", _json(call="write", handle=1, offset=0, bytes=-1)), ("bytes_missing", _json(call="write", handle=1, offset=0)),
    ("sum_overflows", _json(call="write", handle=1, offset=2**63 - 1, bytes=1)), ("deep", b'{"call":' * 20_000), ("deep_lists", b"[" * 60_000), ("two_values", _json(call="stat", path="user") * 2),
], ends="protocol")
def call_that_is_none(decoys, name, payload):
    """What is no call of the table."""
    _send(payload)
    return "the server, which went on", _receive(4)


@family([("four_gigabytes", 0xFFFFFFFF), ("sign", 0x80000000), ("above_the_limit", 65_537)], ends="protocol")
def call_of_length(decoys, name, length):
    """A length that would fill the server's memory."""
    _send(b"x", length)
    return "the server, which went on", _receive(4)


@family([("length", b"\0\0"), ("json", struct.pack(">I", 60_000) + b'{"call"'), ("bytes", struct.pack(">I", 100) + _json(call="write", handle=1, offset=0, bytes=1 << 20).ljust(100) + b"x")], ends="timed-out", seconds=0.5)
def call_that_never_ends(decoys, name, data):
    """A part of a call, and nothing after it: the clock goes on."""
    os.write(3, data)
    linger()


@attack(ends="timed-out", seconds=1)
def calls_without_end(decoys):
    """As many calls as time allows."""
    while True:
        call(call="stat", path="user")


@attack(ends="timed-out", seconds=1)
def answers_not_read(decoys):
    """Calls whose answers nobody takes: the server must not wait longer than the clock, nor keep them."""
    one = _json(call="list", path="system/examples")
    while True:
        os.write(3, (struct.pack(">I", len(one)) + one) * 100)


@attack(ends=("output-exceeded", "timed-out"), seconds=10, output=16_384)
def changes_without_end(decoys):
    """Events without end by changes."""
    for count in range(100_000):
        call(call="makeFolder", path="user/again")
        call(call="remove", path="user/again", mode="folder")
    return "the log, with 200,000 events"


@attack
def line_closed(decoys):
    """The line closed by the program: it goes on without files, and the server without waiting."""
    os.close(3)
    raise Held("it went on without files")
