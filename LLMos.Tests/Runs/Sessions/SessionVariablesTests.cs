namespace LLMos.Tests.Runs.Sessions;

/// <summary>What the inspector is told, and that no program's own code is asked for it.</summary>
public sealed class SessionVariablesTests(SharedServer shared)
{
    [Theory]
    [InlineData("v = 42", "int", null, "42")]
    [InlineData("v = 'text'", "str", "4", "'text'")]
    [InlineData("v = [1, 'a', None, 2.5, (1,), {'k': {1}}, 7]", "list", "7", "[1, 'a', None, 2.5, (1,), {'k': {…}}, …]")]
    [InlineData("v = {'a': [1, 2]}", "dict", "1", "{'a': [1, 2]}")]
    [InlineData("import numpy as np\nv = np.arange(12.0).reshape(3, 4)[:, ::2]", "ndarray", "3,2", "float64 [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]")]
    [InlineData("import numpy as np\nv = np.float32(1.5)", "float32", null, "1.5")]
    [InlineData("import pandas as pd\nv = pd.DataFrame({'a': range(1000), 'b': 'x'})", "DataFrame", "1000,2", "columns 'a', 'b'")]
    [InlineData("import pandas as pd\nv = pd.Series([1.5, 2.5])", "Series", "2", "float64 [1.5, 2.5]")]
    [InlineData("def v(a, b=1, *, c): pass", "function", null, "v(a, b, c)")]
    [InlineData("class v: pass", "type", null, "v")]
    [InlineData("import math as v", "module", null, "math")]
    [InlineData("import datetime\nv = datetime.date(2026, 1, 2)", "date", null, "datetime.date(2026, 1, 2)")]
    [InlineData("v = 9**9**5", "int", null, "an integer of 187,181 bits")]
    [InlineData("import datetime\nv = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)", "datetime", null, "datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)")]
    [InlineData("v = slice(1, None)", "slice", null, "slice(1, None, None)")]
    [InlineData("from fractions import Fraction\nv = Fraction(1, 3)", "Fraction", null, "Fraction(1, 3)")]
    [InlineData("import numpy as np\nv = np.longdouble(1.5)", "float128", null, "1.5")]
    [InlineData("import numpy as np\nv = np.datetime64('2026-01-02', 'ns')", "datetime64", null, "2026-01-02T00:00:00.000000000")]
    [InlineData("import numpy as np\nv = np.array(['2026-01-02'], 'M8[ns]')", "ndarray", "1", "datetime64[ns] [2026-01-02]")]
    [InlineData("import pandas as pd\nv = pd.Series(pd.to_datetime(['2026-01-02']))", "Series", "1", "datetime64[ns] [2026-01-02]")]
    [InlineData("import pandas as pd\nv = pd.Series(['a', None], dtype='category')", "Series", "2", "category ['a', nan]")]
    [InlineData("import pandas as pd\nv = pd.Series([1, None], dtype='Int64')", "Series", "2", "IntegerArray [1, <NA>]")]
    [InlineData("import pandas as pd\nv = pd.DataFrame({('a', 1): [1]})", "DataFrame", "1,1", "1 columns")]
    [InlineData("class Mine: pass\nv = Mine()", "Mine", null, "<Mine>")]
    public async Task A_variable_has_a_type_a_shape_and_a_few_words(string code, string type, string? shape, string repr)
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", code);

        var variable = (await ada.VariablesAsync("s")).Variables.Single(variable => variable.Name == "v");

        Assert.Equal((type, shape, repr), (variable.Type, variable.Shape is null ? null : string.Join(',', variable.Shape), variable.Repr));
    }

    [Fact]
    public async Task Arrays_and_tables_tell_their_bytes()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "import numpy as np, pandas as pd\na = np.zeros(1000)\nt = pd.DataFrame({'a': np.zeros(1000)}, index=np.zeros(1000))");

        var variables = (await ada.VariablesAsync("s")).Variables.ToDictionary(variable => variable.Name, variable => variable.Bytes);

        Assert.Equal((8000, 16_000), (variables["a"], variables["t"]));
    }

    [Fact]
    public async Task No_code_of_the_program_is_asked()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", """
            import numpy as np
            def loop(*_, **__):
                while True: pass
            everything = {name: loop for name in ('__repr__', '__str__', '__len__', '__sizeof__', '__iter__', '__getattr__', '__format__', '__hash__')}
            Meta = type('Meta', (type,), {'__repr__': loop, '__getattribute__': loop, '__hash__': loop, '__eq__': loop})
            Hostile = type('Hostile', (), everything)
            Array = type('Array', (np.ndarray,), {name: loop for name in ('__repr__', 'tolist', 'shape', 'nbytes')})
            del everything['__hash__']
            class Listed(list, metaclass=Meta): locals().update(everything)
            hostile, listed, inside = Hostile(), Listed(), [Listed(), {1: Listed()}]
            array, objects = np.zeros(3).view(Array), np.frompyfunc(lambda _: Listed(), 1, 1)(np.zeros(1))
            np.set_printoptions(formatter={'all': loop})
            plain = np.zeros(2)
            class float32(np.float32):
                __module__ = 'numpy'
                item = loop
            scalar = float32(1)
            """, timeoutSeconds: 10);

        var variables = (await ada.VariablesAsync("s")).Variables.ToDictionary(variable => variable.Name);

        Assert.Equal(
            ("<Hostile>", "<Listed>", "[<Listed>, {1: <Listed>}]", "<Array>", "float64 [0.0, 0.0]"),
            (variables["hostile"].Repr, variables["listed"].Repr, variables["inside"].Repr, variables["array"].Repr, variables["plain"].Repr));
    }

    [Theory]
    [InlineData("v = slice(E())", "slice(None, <E>, None)")]
    [InlineData("v = datetime.datetime(2026, 1, 2, tzinfo=Zone())", "datetime.datetime(2026, 1, 2, 0, 0, tzinfo=<Zone>)")]
    [InlineData("v = datetime.time(1, tzinfo=Zone())", "datetime.time(1, 0, tzinfo=<Zone>)")]
    [InlineData("v = datetime.timezone(datetime.timedelta(0), Text('x'))", "<timezone>")]
    [InlineData("v = Fraction(Number(3))", "Fraction(<Number>, 1)")]
    [InlineData("v = decimal.Decimal(1); v = type('D', (decimal.Decimal,), {'__repr__': loop})(1)", "<D>")]
    [InlineData("v = enum.Enum('V', 'A'); v.__repr__ = loop; v = v.A", "<V>")]
    [InlineData("v = types.ModuleType('m'); v.__dict__['__name__'] = E()", "<module>")]
    [InlineData("v = type(Text('T'), (), {})()", "<T>")]
    [InlineData("v = lambda a=E(): 0; v.__name__ = Text('f')", "<lambda>(a)")]
    [InlineData("v = np.array([E(), (E(),)], dtype=object)", "object [<E>, (<E>,)]")]
    [InlineData("v = np.rec.array([(loop,)], dtype=[('item', object)])[0]", "(loop(),)")]
    [InlineData("v = pd.DataFrame({'a': [1]}); v.memory_usage = v.__dict__['columns'] = loop", "columns 'a'")]
    [InlineData("v = pd.DataFrame({'a': [1]}); v.columns = Labels(['a'])", "<DataFrame>")]
    [InlineData("v = pd.DataFrame([[1]], index=Labels([1]), columns=['a'])", "columns 'a'")]
    [InlineData("v = pd.DataFrame({E(): [1]})", "columns <E>")]
    [InlineData("v = pd.Series([E()]); v.memory_usage = v.tolist = loop", "object [<E>]")]
    [InlineData("v = pd.Series([E()], dtype='category')", "category [<E>]")]
    [InlineData("v = pd.Series(np.zeros(1)); pd.Series.memory_usage = pd.Series.dtype = property(loop)", "float64 [0.0]")]
    [InlineData("np.ndarray = np.float64 = pd.DataFrame = E; v = E()", "<E>")]
    [InlineData("globals()[Key('v')] = 1; v = 2", "2")]
    [InlineData("v = 1; E.__del__ = loop_inside; gc.set_threshold(1); e = E(); e.me = e; del e", "1")]
    [InlineData("v = 1; sys.settrace(loop_inside); sys.setprofile(loop_inside)", "1")]
    public async Task Nothing_that_is_in_a_value_is_asked(string code, string repr)
    {
        var ada = await shared.NewPersonAsync();
        var run = await ada.RunInAsync("s", $$"""
            import collections, datetime, decimal, enum, gc, sys, types
            from fractions import Fraction
            import numpy as np, pandas as pd
            def loop(*_, **__):
                while True: pass
            def loop_inside(*_):
                while sys._getframe(1).f_code.co_filename.endswith('variables.py'): pass
                return loop_inside
            everything = dict.fromkeys(['__repr__', '__str__', '__format__', '__len__', '__iter__', '__call__', '__getitem__'], loop)
            class E: __repr__ = __str__ = __format__ = __len__ = __iter__ = loop
            class Text(str): __repr__ = __str__ = __format__ = __len__ = __getitem__ = loop
            class Number(int):
                numerator = property(lambda self: self)
                __repr__ = __str__ = __format__ = loop
            class Zone(datetime.tzinfo):
                __repr__ = __str__ = loop
                def utcoffset(self, when): return None
            class Labels(pd.Index):
                def __new__(cls, items): return pd.Index._simple_new.__func__(cls, np.array(items, dtype=object))
                tolist = memory_usage = loop
            class Key(str):
                __hash__ = str.__hash__
                def __eq__(self, other):
                    while sys._getframe(1).f_code.co_filename.endswith('variables.py'): pass
                    return False
            {{code}}
            """, timeoutSeconds: 20);

        var variable = (await ada.VariablesAsync("s")).Variables.Single(variable => variable.Name == "v");

        Assert.Equal(("succeeded", repr), (run.State, variable.Repr));
    }

    [Fact]
    public async Task There_are_at_most_two_hundred_the_newest_and_none_is_long()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "for n in range(1000): globals()[f'v{n}'] = 'x' * 10_000\nglobals()['n' * 1_000_000] = type('T' * 1_000_000, (), {})()\n_hidden = 1");

        var variables = await ada.VariablesAsync("s");

        Assert.Equal((200, 802), (variables.Variables.Count, variables.Omitted));
        Assert.All(variables.Variables, variable => Assert.InRange(variable.Name.Length + variable.Type.Length + variable.Repr.Length, 1, 400));
        Assert.DoesNotContain(variables.Variables, variable => variable.Name == "_hidden");
    }

    [Fact]
    public async Task A_session_that_has_filled_its_heap_still_answers()
    {
        var ada = await shared.NewPersonAsync();
        var full = await ada.RunInAsync("s", "kept = []\nwhile True: kept.append(bytearray(100_000))");

        var next = await ada.RunInAsync("s", "n = len(kept)\nkept.clear()\nprint(n > 1000)");

        Assert.Equal(("memory-exceeded", "fresh", "kept", "True\n"), (full.State, full.SessionFound, next.SessionState, next.Stdout.Text));
    }
}
