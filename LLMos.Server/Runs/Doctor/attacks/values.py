"""Values that a program hands to the trusted half of its own worker: reprs, pickles, exceptions that loop, lie, flood and raise.

What they reach is their own worker; the server must come to an end that is one of its states.
"""

LAYER = "worker"
ANY_END = ("succeeded", "failed", "timed-out", "memory-exceeded", "output-exceeded", "SIGSEGV")


def _valued(name, body, ends=ANY_END, seconds=0.5):
    """A program whose last line is a value with that body."""
    attack(lambda decoys: None, name=name, ends=ends, seconds=seconds,
           source=(f"class Value(Exception):\n{body}\n", "", 0, "Value()\n"))


def _method(name, body):
    return f"    def {name}(self, *_, **__): {body}"


for _name in ("__repr__", "_repr_html_", "_repr_mimebundle_", "_repr_png_", "_repr_json_"):
    _valued(f"value{_name.rstrip('_')}_that_loops".replace("___", "_").replace("__", "_"), f"    def {_name}(self, *_, **__):\n        while True: pass", ends="timed-out", seconds=0.4)

for _name, _body in (
    ("value_that_raises", _method("__repr__", "raise BaseException('no')")),
    ("value_that_leaves", _method("__repr__", "raise SystemExit(7)")),
    ("value_that_is_no_text", _method("__repr__", "return 7")),
    ("value_that_floods", _method("__repr__", "return 'x' * 30_000_000")),
    ("value_without_end", _method("__repr__", "return repr([self])")),
    ("value_of_surrogates", _method("__repr__", "return '\\ud800' * 100")),
    ("value_with_a_lying_class", "    @property\n    def __class__(self): raise ValueError"),
    ("value_with_many_types", _method("_repr_mimebundle_", "return {str(n): 'x' for n in range(10**6)}")),
    ("value_with_a_huge_type", _method("_repr_mimebundle_", "return {'x' * 10**6: 'x'}")),
    ("value_with_no_types", _method("_repr_mimebundle_", "return {7: object(), None: None}")),
    ("value_with_nested_json", _method("_repr_json_", "a = []\n        for _ in range(10**5): a = [a]\n        return a").replace("): a", "):\n        a", 1)),
    ("value_with_attributes_for_everything", _method("__getattr__", "return lambda *_: {'text/html': 'x'}")),
    ("value_that_prints", _method("__repr__", "print('x'); return 'x'")),
    ("value_that_closes_output", _method("__repr__", "import os; os.close(1); return 'x'")),
):
    _valued(_name, _body)


def _raised(name, text, ends=ANY_END, seconds=0.5):
    attack(lambda decoys: None, name=name, ends=ends, seconds=seconds, source=(text, "", 0, ""))


for _name, _text in (
    ("exception_that_loops", "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E"),
    ("exception_that_raises", "class E(Exception):\n    def __str__(self): raise self\nraise E"),
    ("exception_of_itself", "e = Exception('x'); e.__cause__ = e; raise e"),
    ("exceptions_in_a_chain", "e = None\nfor n in range(20000):\n    f = Exception(n); f.__context__ = e; e = f\nraise e"),
    ("exceptions_in_a_group", "e = ValueError()\nfor n in range(2000): e = ExceptionGroup('g', [e])\nraise e"),
    ("exception_with_a_huge_name", "raise type('E' * 10**6, (Exception,), {})"),
    ("exception_with_a_huge_message", "raise Exception('x' * 20_000_000)"),
    ("exception_in_deep_recursion", "import sys\nsys.setrecursionlimit(10**6)\ndef f(n): f(n + 1)\nf(0)"),
    ("exception_without_a_class", "raise type('E', (Exception,), {'__module__': 7, '__qualname__': 'x'})"),
    ("exception_that_is_not_one", "class E(BaseException): pass\nraise E('left')"),
    ("syntax_error_made_up", "raise SyntaxError('x', ('<program>', 10**30, -7, 'z' * 10**7))"),
    ("error_table_replaced", "import llmos.failures\nllmos.failures.describe = lambda *_: {'type': 'ready', 'layers': {}}\n1/0"),
    ("streams_replaced", "import sys\nsys.stdout = sys.stderr = sys.stdin = 7\nprint('x')"),
    ("channel_replaced", "import llmos.line\nllmos.line._channel = None\nllmos.line.send = 7"),
    ("builtins_replaced", "import builtins\nfor n in list(vars(builtins)):\n    if n not in ('setattr', 'Exception'): setattr(builtins, n, None)\n1/0"),
    ("modules_emptied", "import sys\nsys.modules.clear()\n1/0"),
    ("codecs_replaced", "import codecs\ncodecs.lookup = None\nimport json\njson.dumps = None\n'x'"),
):
    _raised(_name, _text, ends=ANY_END + ("crashed", "protocol"))


@family([("system", b"cposix\nsystem\n(S'sleep 20'\ntR."), ("popen", b"csubprocess\nPopen\n(S'sleep'\ntR.")], also=("seccomp", "rlimits"))
def pickle_that_runs(decoys, name, data):
    """A pickle is a program: it gets as far as its run does."""
    import pickle

    if pickle.loads(data) in (-1, 127 << 8):
        raise Held("system() failed")
    return "another program"


@attack(also=("landlock",))
def pickle_that_reads(decoys):
    """A pickle that opens files."""
    import pickle

    class Opens:
        def __reduce__(self):
            return open, (f"{decoys.folders[0]}/secret.txt",)

    return pickle.loads(pickle.dumps(Opens())).read()


@attack(ends=("held", "timed-out"), seconds=0.7)
def pickle_bomb(decoys):
    """A pickle of nested references that is large when it is shown."""
    import pickle

    nested = ["x"]
    for _ in range(40):
        nested = [nested, nested]
    return f"{len(repr(pickle.loads(pickle.dumps(nested))))} characters"
