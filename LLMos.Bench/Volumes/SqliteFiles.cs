using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace LLMos.Bench.Volumes;

/// <summary>The peer store: the same facts of a file in SQLite, WAL, <c>synchronous=FULL</c>, one writer that commits what waits together.</summary>
internal sealed class SqliteFiles : IAsyncDisposable
{
    private const int MaxGroup = 256;

    private readonly string _connectionString;
    private readonly Channel<(long Parent, string Name, byte[] Hash, byte[] Content, TaskCompletionSource Done)> _waiting = Channel.CreateUnbounded<(long, string, byte[], byte[], TaskCompletionSource)>();
    private readonly Task _writing;

    public SqliteFiles(string path)
    {
        _connectionString = $"Data Source={path}";
        using var connection = Open();
        Execute(connection, """
            CREATE TABLE nodes(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name TEXT NOT NULL, version INTEGER, length INTEGER, hash BLOB, modified INTEGER, author TEXT, UNIQUE(parent, name));
            CREATE TABLE contents(hash BLOB PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
            CREATE TABLE changes(sequence INTEGER PRIMARY KEY, kind INTEGER, name TEXT, modified INTEGER);
            """);
        _writing = Task.Factory.StartNew(WriteGroups, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        return connection;
    }

    public Task WriteAsync(long parent, string name, byte[] hash, byte[] content)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Writer.TryWrite((parent, name, hash, content, done));
        return done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.Complete();
        await _writing;
        SqliteConnection.ClearAllPools();
    }

    private async Task WriteGroups()
    {
        await using var connection = Open();
        await using var node = Prepare(connection, "INSERT INTO nodes(parent, name, version, length, hash, modified, author) VALUES($1, $2, 1, $3, $4, $5, 'ada') ON CONFLICT(parent, name) DO UPDATE SET version = version + 1, length = $3, hash = $4, modified = $5", 5);
        await using var bytes = Prepare(connection, "INSERT OR IGNORE INTO contents(hash, bytes) VALUES($1, $2)", 2);
        await using var change = Prepare(connection, "INSERT INTO changes(kind, name, modified) VALUES(0, $1, $2)", 2);
        List<TaskCompletionSource> group = [];
        while (await _waiting.Reader.WaitToReadAsync())
        {
            await using var transaction = connection.BeginTransaction();
            (node.Transaction, bytes.Transaction, change.Transaction) = (transaction, transaction, transaction);
            while (group.Count < MaxGroup && _waiting.Reader.TryRead(out var next))
            {
                Run(node, next.Parent, next.Name, next.Content.Length, next.Hash, group.Count);
                Run(bytes, next.Hash, next.Content);
                Run(change, next.Name, group.Count);
                group.Add(next.Done);
            }

            transaction.Commit();
            group.ForEach(done => done.SetResult());
            group.Clear();
        }
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var number = 0; number < values.Length; number++)
            command.Parameters[number].Value = values[number];
        command.ExecuteNonQuery();
    }

    public static SqliteCommand Prepare(SqliteConnection connection, string text, int parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this file or of who measures.
        command.CommandText = text;
#pragma warning restore CA2100
        for (var number = 1; number <= parameters; number++)
            command.Parameters.Add(new($"${number}", null));
        return command;
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using var command = Prepare(connection, text, 0);
        command.ExecuteNonQuery();
    }
}
