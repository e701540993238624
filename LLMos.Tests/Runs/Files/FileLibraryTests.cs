using LLMos.Server.Runs;
using LLMos.Tests.Volumes;

namespace LLMos.Tests.Runs.Files;

/// <summary>What reads and writes files in Python does so in the volumes. Each program finds out by itself whether it holds.</summary>
public sealed class FileLibraryTests(SharedServer server)
{
    public static TheoryData<string, string> Programs => new()
    {
        { "text", """
            with open('user/a.txt', 'w') as f:
                assert f.write('größe\nzwei\n') == 11 and f.mode == 'w' and f.name == 'user/a.txt'
            assert open('a.txt').read() == 'größe\nzwei\n' and open('/user/a.txt', encoding='latin-1').readline() == 'grÃ¶Ã\x9fe\n'
            with open('./a.txt', 'a') as f:
                print('drei', file=f)
            assert list(open('../user/a.txt')) == ['größe\n', 'zwei\n', 'drei\n']
            with open('a.txt', newline='') as f:
                assert f.seek(0, 2) == 18 and f.read() == ''
            """ },
        { "binary", """
            import io, os
            with open('b', 'wb') as f:
                f.write(b'0123456789'); f.seek(3); f.write(b'abc'); assert f.tell() == 6
            with open('b', 'r+b') as f:
                assert f.read() == b'012abc6789'; f.seek(0); f.write(b'XY'); f.truncate(8)
            with open('b', 'rb', 0) as f:
                assert isinstance(f, io.RawIOBase) and f.read(3) == b'XY2' and f.readall() == b'abc67' and f.seekable() and not f.writable()
            with open('b', 'a+b') as f:
                assert f.tell() == 8 and (f.seek(0), f.read())[1] == b'XY2abc67'; f.seek(0); f.write(b'!')
            with open('b', 'x+b') if not os.path.exists('b') else open('c', 'x+b') as f:
                f.write(b'new'); f.seek(1); assert f.read() == b'ew'
            assert open('b', 'rb').read() == b'XY2abc67!' and open('c', 'rb').read() == b'new'
            """ },
        { "errors", """
            import io
            def fails(kind, *arguments, **keywords):
                try: open(*arguments, **keywords)
                except kind as error: return error
                raise AssertionError(arguments)
            assert fails(FileNotFoundError, 'user/none').filename == 'user/none'
            assert str(fails(FileNotFoundError, 'none/a.txt', 'w')) == "[Errno 2] No such file or directory: 'none/a.txt'"
            open('a', 'w').close(); fails(FileExistsError, 'a', 'x'); fails(FileNotFoundError, 'a/b'); fails(NotADirectoryError, 'a/b', 'w'); fails(FileNotFoundError, 'b', 'r+')
            fails(IsADirectoryError, 'user'); fails(IsADirectoryError, 'user/', 'w')
            assert 'read-only' in str(fails(PermissionError, 'system/a', 'w'))
            fails(ValueError, 'a', 'rw'); fails(ValueError, 'a', 'rbt'); fails(ValueError, 'a', 'rb', encoding='utf-8'); fails(ValueError, 'a', 'r', 0); fails(ValueError, 'a\0b'); fails(TypeError, 'a', 1); fails(TypeError, None)
            for action in (lambda: open('a').write('x'), lambda: open('a', 'w').read(), lambda: open('a').fileno()):
                try: action()
                except io.UnsupportedOperation: pass
                else: raise AssertionError
            assert 'control character' in str(fails(OSError, 'user/a\nb')) and fails(OSError, 'user/\udcff').errno == 84
            assert "volumes" in str(fails(PermissionError, '/tmp/file.txt', 'w'))
            """ },
        { "os", """
            import os, stat, time
            os.makedirs('a/b/c'); os.makedirs('a/b', exist_ok=True)
            open('a/b/x.txt', 'w').write('12345')
            s = os.stat('a/b/x.txt')
            assert s.st_size == 5 and stat.S_ISREG(s.st_mode) and abs(s.st_mtime - time.time()) < 60 and s.st_mtime_ns // 10**9 == int(s.st_mtime) == s[8]
            assert stat.S_ISDIR(os.stat('a').st_mode) and os.path.isdir('user/a') and os.path.isfile('a/b/x.txt') and not os.path.exists('z') and os.path.getsize('a/b/x.txt') == 5
            assert sorted(os.listdir('a/b')) == ['c', 'x.txt'] and os.listdir() == ['a']
            with os.scandir('a/b') as found: assert [(e.name, e.path, e.is_dir(), e.stat().st_size) for e in found] == [('c', 'a/b/c', True, 0), ('x.txt', 'a/b/x.txt', False, 5)]
            assert [(top, dirs, files) for top, dirs, files in os.walk('a')] == [('a', ['b'], []), ('a/b', ['c'], ['x.txt']), ('a/b/c', [], [])]
            os.rename('a/b/x.txt', 'a/y.txt'); os.replace('a/y.txt', 'a/b/z.txt'); os.rmdir('a/b/c')
            os.chdir('a/b'); assert os.getcwd() == '/user/a/b' and open('z.txt').read() == '12345' and os.path.abspath('z.txt') == '/user/a/b/z.txt'
            assert os.path.samefile('z.txt', 'user/a/b/z.txt') and os.path.realpath('../b') == '/user/a/b' and os.path.relpath('user/a') == '..'
            os.chdir('/user'); os.remove('a/b/z.txt'); os.removedirs('a/b'); assert os.listdir('user') == []
            for action, kind in ((lambda: os.rmdir('nothing'), FileNotFoundError), (lambda: os.mkdir('user'), FileExistsError), (lambda: os.chdir('/tmp'), PermissionError),
                                 (lambda: os.listdir('nothing'), FileNotFoundError), (lambda: os.rename('x', '/tmp/x'), PermissionError), (lambda: os.symlink('a', 'b'), PermissionError), (lambda: os.open('a', 0), PermissionError)):
                try: action()
                except kind: pass
                else: raise AssertionError(kind)
            assert os.access('user', os.W_OK) and not os.access('system', os.W_OK) and os.access('system/contract.md', os.R_OK)
            """ },
        { "pathlib", """
            from pathlib import Path
            p = Path('user/d'); p.mkdir(); (p / 'a.txt').write_text('hé'); (p / 'b.bin').write_bytes(b'\0\1'); (p / 'e').touch(); (p / 'sub').mkdir(parents=True, exist_ok=True)
            assert (p / 'a.txt').read_text() == 'hé' and (p / 'b.bin').stat().st_size == 2 and sorted(x.name for x in p.iterdir()) == ['a.txt', 'b.bin', 'e', 'sub']
            assert [str(x) for x in sorted(p.glob('*.txt'))] == ['user/d/a.txt'] and [x.name for x in Path('user').rglob('*.bin')] == ['b.bin'] and Path.cwd() == Path('/user')
            assert Path('d').resolve() == Path('/user/d') == Path('user/d').absolute() and (p / 'sub').is_dir() and not (p / 'sub').is_symlink()
            (p / 'a.txt').rename(p / 'c.txt'); (p / 'c.txt').unlink(); (p / 'none').unlink(missing_ok=True)
            try: (p / 'e').touch(exist_ok=False)
            except FileExistsError: pass
            else: raise AssertionError
            """ },
        { "glob and shutil", """
            import glob, os, shutil
            os.makedirs('t/in'); open('t/1.csv', 'w').write('1'); open('t/in/2.csv', 'w').write('2')
            assert glob.glob('user/t/*.csv') == ['user/t/1.csv'] and sorted(glob.glob('**/*.csv', recursive=True)) == ['t/1.csv', 't/in/2.csv'] and glob.glob('*') == ['t']
            assert shutil.copy('t/1.csv', 't/in') == 't/in/1.csv' and shutil.copy2('t/1.csv', 'user/c.csv') and shutil.copyfile('/system/contract.md', 'c.md')
            shutil.copytree('t', 'u'); assert open('u/in/2.csv').read() == '2'
            assert shutil.move('u', 'v') == 'v' and not os.path.exists('u'); shutil.rmtree('v'); assert not os.path.exists('v')
            shutil.rmtree('nothing', ignore_errors=True)
            shutil.make_archive('whole', 'zip', 't'); shutil.unpack_archive('whole.zip', 'w'); assert open('w/in/2.csv').read() == '2'
            """ },
        { "pandas", """
            import pandas as pd, os
            t = pd.DataFrame({'a': range(2000), 'b': [f'größe {n}' for n in range(2000)]})
            for suffix in ('csv', 'csv.gz', 'csv.bz2', 'csv.xz', 'csv.zip'):
                t.to_csv(f'user/t.{suffix}', index=False); assert pd.read_csv(f'user/t.{suffix}').equals(t), suffix
            t.to_json('t.json'); assert pd.read_json('t.json').equals(t); t.to_pickle('t.pkl'); assert pd.read_pickle('t.pkl').equals(t)
            assert sum(len(c) for c in pd.read_csv('t.csv', chunksize=300)) == 2000 and len(pd.read_csv('t.csv', engine='python')) == 2000 and len(pd.read_csv('t.csv', nrows=3)) == 3
            t.head(2).to_csv('t.csv', mode='a', header=False, index=False); assert len(pd.read_csv('t.csv')) == 2002
            t.head(2).to_html('t.html'); t.head(2).to_string('t.txt')
            try: pd.read_csv('user/none.csv')
            except FileNotFoundError as error: assert 'user/none.csv' in str(error)
            """ },
        { "numpy", """
            import numpy as np
            a = np.arange(300_000.).reshape(-1, 3)
            np.save('user/a.npy', a); assert (np.load('user/a.npy') == a).all()
            np.savez('a.npz', a=a, b=a[:2]); np.savez_compressed('z.npz', a=a)
            with np.load('a.npz') as z: assert (z['a'] == a).all() and z['b'].shape == (2, 3)
            np.savetxt('a.txt', a[:50], delimiter=','); assert np.allclose(np.loadtxt('a.txt', delimiter=','), a[:50]) and np.genfromtxt('a.txt', delimiter=',').shape == (50, 3)
            open('raw', 'wb').write(a.tobytes()); assert (np.fromfile('raw').reshape(a.shape) == a).all()
            from scipy.io import wavfile, savemat, loadmat
            wavfile.write('s.wav', 8000, (a[:, 0] % 100).astype('int16')); assert wavfile.read('s.wav')[0] == 8000
            savemat('m.mat', {'a': a[:3]}); assert loadmat('m.mat')['a'].shape == (3, 3)
            import joblib
            joblib.dump({'a': a}, 'j'); assert (joblib.load('j')['a'] == a).all()
            """ },
        { "matplotlib and PIL", """
            import matplotlib.pyplot as plt
            from PIL import Image
            plt.plot([1, 2]); plt.savefig('user/f.png'); plt.savefig('f.svg'); plt.savefig('f.pdf'); plt.savefig('f.jpg'); plt.close()
            assert Image.open('user/f.png').size == (640, 480) and open('f.svg').read().startswith('<?xml') and open('f.pdf', 'rb').read(4) == b'%PDF'
            picture = Image.open('f.png').convert('RGB').resize((64, 48))
            for suffix in ('png', 'jpg', 'bmp', 'gif', 'tiff', 'webp'):
                picture.save(f'p.{suffix}'); again = Image.open(f'p.{suffix}'); again.load(); assert again.size == (64, 48), suffix
            assert plt.imread('user/f.png').shape == (480, 640, 4); plt.imsave('i.png', [[0, 1]])
            """ },
        { "json, csv, pickle, zip and others", """
            import json, csv, pickle, zipfile, gzip, bz2, lzma, tarfile, configparser, io, codecs, fileinput, shelve, xml.etree.ElementTree as tree, logging
            json.dump({'a': [1]}, open('a.json', 'w')); assert json.load(open('a.json')) == {'a': [1]}
            with open('a.csv', 'w', newline='') as f: csv.writer(f).writerows([[1, 'x,y'], [2, 'z']])
            assert list(csv.reader(open('a.csv', newline=''))) == [['1', 'x,y'], ['2', 'z']]
            with open('a.pkl', 'wb') as f: pickle.dump({1: 2}, f)
            assert pickle.load(open('a.pkl', 'rb')) == {1: 2}
            with zipfile.ZipFile('a.zip', 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('in/b.txt', 'b' * 9999); z.write('a.csv')
            with zipfile.ZipFile('a.zip', 'a') as z: z.writestr('c.txt', 'c')
            with zipfile.ZipFile('a.zip') as z: assert z.testzip() is None and z.namelist() == ['in/b.txt', 'a.csv', 'c.txt']; z.extractall('out')
            assert open('out/in/b.txt').read() == 'b' * 9999 and zipfile.is_zipfile('a.zip')
            for module in (gzip, bz2, lzma):
                with module.open('a.z', 'wb') as f: f.write(b'q' * 100_000)
                assert module.open('a.z').read() == b'q' * 100_000
            with tarfile.open('a.tar.gz', 'w:gz') as t: t.add('out')
            with tarfile.open('a.tar.gz') as t: assert 'out/in/b.txt' in t.getnames(); t.extractall('tar')
            c = configparser.ConfigParser(); c['s'] = {'k': 'v'}; c.write(open('c.ini', 'w')); assert configparser.ConfigParser().read('c.ini') == ['c.ini']
            tree.ElementTree(tree.Element('a')).write('a.xml'); assert tree.parse('a.xml').getroot().tag == 'a'
            assert codecs.open('a.json', encoding='utf-8').read() == '{"a": [1]}' and io.open('a.json').read() and list(fileinput.input(['a.json']))
            logging.basicConfig(filename='log.txt', force=True); logging.warning('here'); logging.shutdown(); assert 'here' in open('log.txt').read()
            """ },
        { "a file that is open", """
            import os
            f = open('a', 'w'); f.write('x')
            try: os.rename('a', 'b')
            except FileNotFoundError as error: assert 'open for writing' in str(error)
            else: raise AssertionError
            f.flush(); f = open('a', 'w'); f.write('yy'); f.close()
            assert open('a').read() == 'yy'
            g = open('a'); open('a', 'w').write('zzz'); assert g.read() == 'yy' and open('a').read() == 'zzz'
            files = [open('a') for _ in range(100)]
            """ },
        { "garbage, handlers and code", """
            import gc, os, signal, runpy
            class Cycle: pass
            os.mkdir('g')
            for n in range(150):
                c = Cycle(); c.itself = c; c.file = open(f'g/{n}', 'w'); c.file.write(str(n))
            del c; gc.collect(); assert sorted(map(int, os.listdir('g'))) == list(range(150)) and open('g/149').read() == '149' and len(os.listdir(b'g')) == 150 and isinstance(os.listdir(b'g')[0], bytes)
            beats = 0
            def beat(*_):
                global beats
                beats += 1
                with open('beats', 'w') as f: f.write(str(beats))
                signal.setitimer(signal.ITIMER_REAL, 0.002)
            signal.signal(signal.SIGALRM, beat); signal.setitimer(signal.ITIMER_REAL, 0.002)
            for n in range(300): assert open(f'g/{n % 150}').read() == str(n % 150)
            signal.setitimer(signal.ITIMER_REAL, 0); assert beats > 0 and open('beats').read() == str(beats)
            open('code.py', 'w').write('x = 6 * 7'); assert runpy.run_path('user/code.py')['x'] == 42
            kept = [open(f'g/{n}', 'a') for n in range(64)]
            try: open('one more', 'w')
            except OSError as error: assert error.errno == 24 and '64' in str(error)
            else: raise AssertionError
            """ },
        { "space, temporary files and what has descriptors", """
            import os, shutil, tempfile
            usage = shutil.disk_usage('user'); before = usage.used
            assert usage.total > 1 << 20 and usage.free == usage.total - usage.used and os.statvfs('/user').f_namemax == 255 and shutil.disk_usage('system').free == 0
            open('a', 'wb').write(bytes(40960)); assert shutil.disk_usage('.').used - before == 40960
            assert os.access('a', os.W_OK) and not os.access('system', os.W_OK)
            try: list(os.fwalk('user'))
            except PermissionError as error: assert 'os.walk()' in str(error)
            else: raise AssertionError
            with tempfile.NamedTemporaryFile('w', dir='user', prefix='part-', suffix='.txt') as f:
                f.write('x'); assert os.path.dirname(f.name) == '/user' and os.path.exists(f.name) and f.name.endswith('.txt')
            assert not os.path.exists(f.name)
            with tempfile.NamedTemporaryFile(dir='user', delete=False) as f:
                open(f.name, 'w').write('by its name')
            assert open(f.name).read() == 'by its name'
            with tempfile.TemporaryFile(dir='user') as f:
                f.write(b'abc'); f.seek(0); assert f.read() == b'abc'
            with tempfile.TemporaryDirectory(dir='user') as d:
                open(d + '/x', 'w').close()
            assert len(os.listdir('user')) == 2
            """ },
        { "modules", """
            import importlib, os, sys, traceback
            os.makedirs('pkg/inner'); os.makedirs('lib')
            open('helper.py', 'w').write('import pkg.inner.deep as deep\ndef twice(x): return 2 * deep.value(x)\n\ndef fails():\n    return 1 / 0  # here\n')
            open('pkg/__init__.py', 'w').write('name = __name__'); open('pkg/inner/deep.py', 'w').write('def value(x): return x')
            open('lib/extra.py', 'w').write('x = 1'); open('random.py', 'w').write('not python'); open('broken.py', 'w').write('def (')
            import helper, random
            assert helper.twice(21) == 42 and helper.__file__ == '/user/helper.py' and random.random() < 1
            try: helper.fails()
            except ZeroDivisionError: assert '# here' in traceback.format_exc() and '/user/helper.py' in traceback.format_exc()
            try: import extra
            except ModuleNotFoundError: sys.path.append('user/lib')
            import extra
            try: import broken
            except SyntaxError: pass
            else: raise AssertionError
            open('helper.py', 'w').write('value = 7'); importlib.reload(helper); assert helper.value == 7
            os.chdir('lib'); open('near.py', 'w').write('x = 2'); import near; assert near.x == 2
            assert not os.path.exists('/user/__pycache__')
            """ },
        { "large", """
            block = bytes(range(256)) * 4096
            with open('l', 'wb') as f:
                for n in range(40): f.write(block)
            with open('l', 'rb') as f:
                assert sum(len(part) for part in iter(lambda: f.read(100_000), b'')) == 40 << 20
                f.seek(20 << 20); assert f.read(256) == block[:256] and f.seek(-1, 2) and f.read() == b'\xff'
            big = bytearray(9 << 20); assert open('l', 'rb').readinto(big) == 9 << 20 and big[:1 << 20] == block
            with open('l.txt', 'w') as f:
                for n in range(200_000): f.write(f'line {n}\n')
            assert sum(1 for _ in open('l.txt')) == 200_000
            """ },
    };

    [Theory, MemberData(nameof(Programs))]
    public async Task Works_in_the_volumes(string what, string program)
    {
        var person = await server.NewPersonAsync();

        var record = await person.RunAsync(new StartRunRequest { Language = "python", Code = program, HeapMegabytes = what == "large" ? 32 : 128 });

        Assert.True(record.State == "succeeded", $"{what}: {record.State} {record.Reason} {record.Error?.Traceback}");
        Assert.DoesNotContain("Exception ignored", record.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_and_the_page_see_the_same_files_and_who_wrote_them()
    {
        var person = await server.NewPersonAsync();
        await person.Client.WriteAsync("user/in.txt", "from the page");

        var record = await person.RunAsync("open('user/out.txt', 'w').write(open('user/in.txt').read().upper())");

        Assert.Equal("succeeded", record.State);
        Assert.Equal("FROM THE PAGE", await person.Client.ReadTextAsync("user/out.txt"));
        var entry = Assert.Single((await person.Client.ListAsync("user")).Entries, entry => entry.Name == "out.txt");
        Assert.Equal($"run {record.Id}", entry.Author!.Via);
    }
}
