using System.Security.Cryptography;

namespace LLMos.Server.Runs.Doctor;

/// <summary>All that the attacks of one lane may aim at, and what would show that they hit.</summary>
internal sealed class Decoys : IDisposable
{
    private readonly DecoyFiles _files;
    private readonly DecoyListeners _listeners;
    private readonly DecoyProcess _process;
    private readonly string _name = $"llmos-doctor-{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
    private readonly string _temporary, _data;
    private readonly bool _hasEntryOf32Bits;

    public Decoys(string temporary, string? data, DecoySecrets secrets, bool hasEntryOf32Bits)
    {
        (_temporary, _data, _hasEntryOf32Bits) = (temporary, data ?? temporary, hasEntryOf32Bits);
        _files = new(data is null ? [temporary] : [temporary, data], _name, secrets.InFile);
        _listeners = new(_files.Folders[0], _name);
        _process = new(secrets);
        _ = _files.Effects().ToList(); // The listeners' sockets lie among the files.
    }

    /// <summary>What an attack is told, on its standard input.</summary>
    /// <param name="mark">The name that its process takes, so that what it leaves can be found.</param>
    public object Describe(string mark, int forkserver, int anotherRun) => new
    {
        mark,
        folders = _files.Folders,
        temporary = _temporary,
        data = _data,
        tcp = _listeners.Port("tcp"),
        udp = _listeners.Port("udp"),
        tcp6 = _listeners.Port("tcp6"),
        udp6 = _listeners.Port("udp6"),
        unix = _files.Folders[0],
        @abstract = _name,
        process = _process.Id,
        server = Environment.ProcessId,
        forkserver,
        another_run = anotherRun,
        writable_code = ProcessFacts.WritableCode(anotherRun),
        attacks = Path.Combine(AppContext.BaseDirectory, "Runs", "Doctor", "attacks"),
        root = Environment.IsPrivilegedProcess,
        entry_of_32_bits = _hasEntryOf32Bits,
    };

    public IEnumerable<string> Effects() => _files.Effects().Concat(_listeners.Effects()).Concat(_process.Effects());

    public void Dispose()
    {
        _process.Dispose();
        _listeners.Dispose();
        _files.Dispose();
    }
}
