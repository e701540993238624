"""What the limit on output ends: floods on both streams, by Python and by C, and of frames."""

LAYER = "output"
flood = functools.partial(attack, ends="output-exceeded", output=256 * 1024)


@flood
def lines(decoys):
    """print for ever."""
    while True:
        print("x" * 1000)


@flood
def empty_lines(decoys):
    """What costs the server more than it weighs."""
    while True:
        print()


@flood
def single_characters(decoys):
    """A write for each."""
    while True:
        sys.stdout.write("x")


@flood
def error_lines(decoys):
    """Standard error is frames."""
    while True:
        print("x" * 1000, file=sys.stderr)


@flood
def both_streams(decoys):
    """In turns, so that nothing can be joined."""
    while True:
        print("out")
        print("err", file=sys.stderr)


@flood
def output_of_c(decoys):
    """write(1), past Python's streams."""
    while True:
        os.write(1, b"x" * 65536)


@flood
def errors_of_c(decoys):
    """write(2), past Python's streams."""
    while True:
        os.write(2, b"x" * 65536)


@flood
def one_enormous_write(decoys):
    """30 MB at once."""
    sys.stdout.write("x" * 30_000_000)
    sys.stdout.flush()


@flood
def invalid_text(decoys):
    """Bytes that are no UTF-8 grow when they are replaced."""
    while True:
        os.write(1, b"\xff" * 4096)


@flood
def halves_of_characters(decoys):
    """Each write ends inside a character."""
    while True:
        os.write(1, b"\xf0\x9f\x98")


@flood
def control_characters(decoys):
    """A terminal's commands and NULs."""
    while True:
        os.write(1, b"\0\x1b[2J\x07" * 100)


@flood
def displays(decoys):
    """llmos.display for ever."""
    import llmos

    while True:
        llmos.display("x" * 1000)


@attack(ends="output-exceeded", output=32 * 1024)
def figures(decoys):
    """Figures for ever."""
    import matplotlib.pyplot

    while True:
        matplotlib.pyplot.figure()
        matplotlib.pyplot.plot(range(10))
        matplotlib.pyplot.show()


@flood
def progress(decoys):
    """progress sends at most twenty a second; what it is made of does not know that."""
    import llmos.line

    while True:
        llmos.line.send({"type": "progress", "done": 1.0, "label": "x" * 200})


@flood
def errors_of_python(decoys):
    """`error` frames without an error."""
    import llmos.line

    while True:
        llmos.line.send({"type": "error", "name": "E", "message": "m" * 1000, "traceback": "t" * 1000})


@flood
def bundle_of_many_types(decoys):
    """A display of 31 types, each large."""
    import llmos

    class Many:
        def _repr_mimebundle_(self, **_):
            return {f"text/x-{number}": "x" * 20_000 for number in range(31)}

    llmos.display(Many())


@flood
def warnings_for_ever(decoys):
    """Warnings are output too."""
    import warnings

    warnings.simplefilter("always")
    while True:
        warnings.warn("x" * 500)


@attack(ends="output-exceeded", output=256 * 1024)
def flood_in_a_farewell(decoys):
    """atexit, after the program's end."""
    import atexit

    def talk():
        while True:
            print("x" * 1000)

    atexit.register(talk)
    sys.exit()
