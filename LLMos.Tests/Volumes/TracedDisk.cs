using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LLMos.Tests.Volumes;

/// <summary>A folder as strace's lines tell of it: what a program has written, named and synced there, and what of it a power cut may leave.</summary>
/// <remarks>Strict: a name is durable when its folder was synced, content when its file was; a sync covers what was complete when it began.</remarks>
internal sealed partial class TracedDisk
{
    /// <summary>What strace must be asked for; every other way to change a file ends the play.</summary>
    public static readonly string[] Options =
        ["-f", "--seccomp-bpf", "-xx", "-s", "70000000", "-e", "trace=openat,close,write,writev,pwrite64,pwritev,pwritev2,fdatasync,fsync,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,ftruncate,truncate,fallocate,copy_file_range,sendfile,link,linkat"];

    private readonly string _root;
    private readonly Dictionary<string, TracedFile> _live = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TracedFile> _durable = new(StringComparer.Ordinal);
    private readonly List<NameChange> _names = [];
    private readonly Dictionary<int, (string Path, TracedFile File)> _open = [];
    private readonly Dictionary<string, Action<int>> _inFlight = [];
    private readonly StringBuilder _told = new();

    /// <summary>All that lies in the folder now is durable.</summary>
    public TracedDisk(string root)
    {
        _root = root;
        _live[root] = _durable[root] = new(isFolder: true, []);
        foreach (var path in Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories))
            _live[path] = _durable[path] = Directory.Exists(path) ? new(isFolder: true, []) : new(isFolder: false, File.ReadAllBytes(path));
    }

    /// <summary>What the program has said on its output.</summary>
    public string Told => _told.ToString();

    /// <summary>The next line: a call, its beginning or its end.</summary>
    public void Play(string line)
    {
        var match = Line().Match(line);
        if (!match.Success)
            return;

        var (process, call) = (match.Groups["process"].Value, match.Groups["call"].Value);
        if (match.Groups["resumed"].Success)
        {
            if (_inFlight.Remove(process, out var begun))
                Finish(begun, line);
            return;
        }

        // Only the end of a line is searched: it may have megabytes.
        var isUnfinished = line.EndsWith("<unfinished ...>", StringComparison.Ordinal);
        var end = isUnfinished ? line.Length - "<unfinished ...>".Length : line.LastIndexOf(" = ", StringComparison.Ordinal);
        var arguments = Arguments(line.AsSpan()[(match.Index + match.Length)..(end < 0 ? line.Length : end)]);
        var effect = Begin(call, arguments, line);
        if (isUnfinished)
            _inFlight[process] = effect;
        else
            Finish(effect, line);
    }

    /// <summary>Loses the power: writes what the disk holds then, as it is decided now, into <paramref name="folder"/>.</summary>
    public void Cut(Random random, bool inOrder, string folder)
    {
        var names = new Dictionary<string, TracedFile>(_durable, StringComparer.Ordinal);
        var kept = random.Next(_names.Count + 1);
        foreach (var (change, index) in _names.Select((change, index) => (change, index)))
        {
            if (inOrder ? index < kept : random.Next(2) == 0)
                change.Apply(names);
        }

        Directory.CreateDirectory(folder);
        foreach (var (path, file) in names.OrderBy(name => name.Key, StringComparer.Ordinal))
        {
            var target = folder + path[_root.Length..];
            if (!Directory.Exists(Path.GetDirectoryName(target)))
                continue;
            if (file.IsFolder)
                Directory.CreateDirectory(target);
            else
                File.WriteAllBytes(target, file.AfterCut(random, inOrder));
        }
    }

    private static void Finish(Action<int> effect, string line)
    {
        // Such as '-1 ENOENT (No such file or directory)'; a '?' never ended.
        var result = line[(line.LastIndexOf(" = ", StringComparison.Ordinal) + 3)..].Split(' ')[0];
        if (int.TryParse(result, CultureInfo.InvariantCulture, out var number) && number >= 0)
            effect(number);
    }

    private Action<int> Begin(string call, List<string> arguments, string line)
    {
        switch (call)
        {
            case "openat":
                return file => Open(file, Text(arguments[1]), arguments[2]);
            case "close":
                _open.Remove(Number(arguments[0]));
                return _ => { };
            case "write" when arguments[0] == "1":
                _told.Append(Text(arguments[1]));
                return _ => { };
            case "pwrite64" when _open.TryGetValue(Number(arguments[0]), out var written):
                return Ended(written.File.Write(long.Parse(arguments[3], CultureInfo.InvariantCulture), Bytes(arguments[1])));
            case "ftruncate" when _open.TryGetValue(Number(arguments[0]), out var cut):
                return Ended(cut.File.Truncate(long.Parse(arguments[1], CultureInfo.InvariantCulture)));
            case "fdatasync" or "fsync" when _open.TryGetValue(Number(arguments[0]), out var synced):
                return Ended(synced.File.IsFolder ? SyncFolder(synced.Path) : synced.File.Sync());
            case "rename" when IsHere(Text(arguments[1])):
                return _ => Change(new(_live[Text(arguments[0])], Text(arguments[1]), Text(arguments[0])));
            case "unlink" or "rmdir" when IsHere(Text(arguments[0])):
                return _ => Change(new(_live[Text(arguments[0])], null, Text(arguments[0])));
            case "mkdir" when IsHere(Text(arguments[0])):
                return _ => Change(new(new(isFolder: true, []), Text(arguments[0]), null));
            case "fallocate" when arguments[1] == "FALLOC_FL_KEEP_SIZE":
                // Room for later: no byte and no length is another.
                return _ => { };
            case "write" or "writev" or "pwritev" or "pwritev2" or "fallocate" or "copy_file_range" or "sendfile" when !_open.ContainsKey(Number(arguments[0])):
                return _ => { };
            case "pwrite64" or "ftruncate" or "fdatasync" or "fsync" or "rename" or "unlink" or "rmdir" or "mkdir":
                return _ => { };
            default:
                throw new NotSupportedException($"The model does not know {line[..Math.Min(line.Length, 200)]}");
        }
    }

    private static Action<int> Ended(Action end) => _ => end();

    private void Open(int number, string path, string flags)
    {
        if (!IsHere(path))
            return;
        if (!_live.ContainsKey(path))
            Change(new(new(isFolder: false, []), path, null));
        if (flags.Contains("O_TRUNC", StringComparison.Ordinal))
            _live[path].Truncate(0)();
        _open[number] = (path, _live[path]);
    }

    private Action SyncFolder(string folder)
    {
        var complete = _names.Where(name => Path.GetDirectoryName(name.To ?? name.From) == folder).ToList();
        return () =>
        {
            foreach (var name in complete)
            {
                name.Apply(_durable);
                _names.Remove(name);
            }
        };
    }

    private void Change(NameChange change)
    {
        change.Apply(_live);
        _names.Add(change);
    }

    private bool IsHere(string path) => path == _root || path.StartsWith(_root + "/", StringComparison.Ordinal);

    private static int Number(string argument) => int.TryParse(argument, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private static string Text(string argument) => Encoding.UTF8.GetString(Bytes(argument));

    private static byte[] Bytes(string argument)
    {
        var bytes = new byte[(argument.Length - 2) / 4];
        for (var at = 0; at < bytes.Length; at++)
            bytes[at] = (byte)((Digit(argument[(at * 4) + 3]) << 4) | Digit(argument[(at * 4) + 4]));
        return bytes;
    }

    private static int Digit(char digit) => digit <= '9' ? digit - '0' : digit - 'a' + 10;

    // No comma stands in a string: all of it is hexadecimal.
    private static List<string> Arguments(ReadOnlySpan<char> text)
    {
        List<string> arguments = [];
        foreach (var range in text.Split(','))
            arguments.Add(text[range].Trim(' ').TrimEnd(')').ToString());
        return arguments;
    }

    [GeneratedRegex(@"^(?<process>\d+) +(<\.\.\. (?<call>\w+) (?<resumed>resumed)>|(?<call>\w+)\()", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Line();

    /// <param name="To">Null: it is gone.</param>
    /// <param name="From">Null: it is new.</param>
    private sealed record NameChange(TracedFile File, string? To, string? From)
    {
        public void Apply(Dictionary<string, TracedFile> names)
        {
            if (From is not null && names.GetValueOrDefault(From) == File)
                names.Remove(From);
            if (To is not null)
                names[To] = File;
        }
    }
}
