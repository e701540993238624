"""What the server's parser must stop: frames that a program forges with the marker that it finds in its own memory."""

import struct

def _marker():
    import llmos.line

    return llmos.line._channel._marker


def _write(data):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view):]


def forge(payload, length=None):
    _write(_marker() + struct.pack(">I", len(payload) if length is None else length) + payload)


@family([
    ("not_json", b"hello"), ("empty", b""), ("null", b"null"), ("array", b"[]"), ("number", b"7"), ("text", b'"ended"'),
    ("half", b'{"type":"stderr","text":"x'), ("binary", bytes(range(256))), ("not_utf8", b'{"type":"stderr","text":"\xff\xfe"}'),
    ("unknown_type", b'{"type":"fork"}'), ("type_is_a_number", b'{"type":7}'), ("no_type", b'{"text":"x"}'),
    ("unknown_member", b'{"type":"stderr","text":"x","admin":true}'), ("twice_the_same_member", b'{"type":"stderr","text":"x","text":"y"}'),
    ("text_is_a_number", b'{"type":"stderr","text":7}'), ("text_is_missing", b'{"type":"stderr"}'), ("text_is_null", b'{"type":"stderr","text":null}'),
    ("data_is_a_list", b'{"type":"display","data":[]}'), ("data_is_empty", b'{"type":"display","data":{}}'),
    ("data_with_null", b'{"type":"display","data":{"text/plain":null}}'), ("data_with_number", b'{"type":"display","data":{"text/plain":7}}'),
    ("progress_not_finite", b'{"type":"progress","done":1e999}'), ("progress_nan", b'{"type":"progress","done":NaN}'),
    ("progress_as_text", b'{"type":"progress","done":"1"}'), ("label_too_long", b'{"type":"progress","done":1,"label":"' + b"x" * 201 + b'"}'),
    ("line_too_large", b'{"type":"error","name":"E","message":"m","traceback":"t","line":99999999999}'),
    ("line_is_a_fraction", b'{"type":"error","name":"E","message":"m","traceback":"t","line":1.5}'),
    ("message_too_long", b'{"type":"error","name":"E","message":"' + b"x" * 70_000 + b'","traceback":"t"}'),
    ("variables_without_a_session", b'{"type":"variables","variables":[],"omitted":0}'), ("variables_that_are_none", b'{"type":"variables","variables":7}'),
    ("second_ready", b'{"type":"ready","layers":{}}'), ("ready_with_layers", b'{"type":"ready","layers":{"seccomp":"none"}}'),
    ("outcome_unknown", b'{"type":"ended","outcome":"administrator"}'), ("outcome_missing", b'{"type":"ended"}'),
    ("deep", b'{"type":"display","data":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}"),
    ("deep_lists", b"[" * 1_000_000), ("comment", b'{"type":"stderr","text":"x"/*y*/}'), ("two_values", b'{"type":"stderr","text":"x"}{}'),
    ("lone_surrogate", b'{"type":"stderr","text":"\\ud800"}'), ("many_types", b'{"type":"display","data":{' + b",".join(b'"%d":"x"' % number for number in range(100)) + b"}}"),
], ends="protocol")
def frame(decoys, name, payload):
    """A frame that is none."""
    forge(payload)
    return "the server, which went on"


@family([("four_gigabytes", 0xFFFFFFFF), ("two_gigabytes", 0x7FFFFFFF), ("sign", 0x80000000), ("above_the_limit", 16 * 1024 * 1024 + 1)], ends="protocol")
def length(decoys, name, number):
    """A length that would fill the server's memory."""
    forge(b"x", number)
    return "the server, which went on"


@attack(ends=("timed-out", "crashed", "succeeded", "failed"), seconds=0.5, output=1 << 26)
def frame_that_never_ends(decoys):
    """A length that is allowed, and nothing after it."""
    forge(b"", 15 * 1024 * 1024)
    linger(60)


@attack(ends=("succeeded", "timed-out", "crashed"), seconds=1)
def end_before_the_end(decoys):
    """`ended` as a lie: the run is over for the server, the program goes on."""
    forge(b'{"type":"ended","outcome":"succeeded"}')
    while True:
        pass


@attack
def marker_of_another_run(decoys):
    """A frame with a marker that is not its own is text, and stays so."""
    _write(bytes(16) + struct.pack(">I", 26) + b'{"type":"stderr","text":1}')
    raise Held("it was text")


@attack
def marker_in_pieces(decoys):
    """A marker without its frame at the very end of the output."""
    _write(_marker()[:15])
    raise Held("it was text")


@attack(ends="output-exceeded", output=256 * 1024)
def million_of_small_frames(decoys):
    """Frames of nothing."""
    payload = b'{"type":"buffering"}'
    one = _marker() + struct.pack(">I", len(payload)) + payload
    for _ in range(1000):
        _write(one * 1000)
    return "the server, which read a million"


@attack(ends=("output-exceeded", "protocol"))
def frame_of_the_largest_size(decoys):
    """A display of almost 16 MB, under a limit of 1 MB."""
    forge(b'{"type":"display","data":{"text/plain":"' + b"x" * 16_000_000 + b'"}}')
    return "the server, which took it"


@attack(ends=("output-exceeded", "protocol"), heap=256)
def millions_of_members(decoys):
    """A frame with half a million members."""
    forge(b'{"type":"display","data":{' + b",".join(b'"%d":""' % number for number in range(500_000)) + b"}}")
    return "the server, which took it"


@attack(ends="protocol")
def requests_written_to(decoys):
    """What is no call, where calls are read: it must not grow in the server."""
    written = 0
    while written < 64 << 20:
        written += os.write(3, bytes(65536))
    return f"{written >> 20} MiB"


@family([("run", b'{"type":"run","code":"print(1)","stdin":null}'), ("answer", b'{"handle":1,"bytes":0}')], ends="protocol")
def request_forged(decoys, name, payload):
    """What the server sends, sent to it."""
    os.write(3, struct.pack(">I", len(payload)) + payload)
    linger()
