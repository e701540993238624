using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Streams;
using LLMos.Tests.Hosting;
using static LLMos.Tests.Foundation.LogPayloads;
using Stopwatch = System.Diagnostics.Stopwatch;

namespace LLMos.Tests.Foundation;

public sealed class EventLogTests : IDisposable
{
    private static readonly EventLogOptions Defaults = new();

    // Small enough that a few entries go through every layer: memory, the index, the file.
    private static readonly EventLogOptions Small = new() { TailBytes = 1024, MaxBatchBytes = 512, MaxEntryBytes = 200_000 };

    private readonly TemporaryFolder _folder = new();

    private string LogPath => _folder["run.log"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Entries_are_numbered_from_1_without_gaps()
    {
        using var log = EventLog.Create(LogPath, Defaults);

        Assert.Equal(0, log.LastSequence);
        Assert.Equal([1L, 2, 3], [log.Append("a"u8), log.Append([]), log.Append("ccc"u8)]);
        Assert.Equal(3, log.LastSequence);
        Assert.Equal(4, log.Bytes);
        Assert.Equal(["a", "", "ccc"], log.Read(0, 10, 100).Select(Text));
    }

    [Fact]
    public void Create_refuses_a_file_that_is_there()
    {
        EventLog.Create(LogPath, Defaults).Dispose();

        Assert.Throws<IOException>(() => EventLog.Create(LogPath, Defaults));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reading_resumes_after_every_entry(bool reopened)
    {
        var sizes = Enumerable.Range(0, 400).Select(n => n % 50 == 49 ? 90_000 : n % 7 * 40).ToArray();
        var log = EventLog.Create(LogPath, Small);
        foreach (var size in sizes)
            log.Append(Payload(log.LastSequence + 1, size));
        log.Complete();
        if (reopened)
        {
            log.Dispose();
            log = EventLog.Open(LogPath, Small);
        }

        for (var after = sizes.Length; after >= 0; after--)
        {
            var read = new List<LogEntry>();
            await foreach (var batch in log.ReadAsync(after, Cancellation))
                read.AddRange(batch);

            Assert.Equal(Enumerable.Range(after + 1, sizes.Length - after).Select(n => (long)n), read.Select(entry => entry.Sequence));
            Assert.All(read, entry => AssertPayload(entry, sizes[entry.Sequence - 1]));
        }

        log.Dispose();
    }

    [Fact]
    public void Read_keeps_both_bounds_but_always_gets_on()
    {
        using var log = EventLog.Create(LogPath, Defaults);
        for (var n = 0; n < 10; n++)
            log.Append(new byte[100]);

        Assert.Equal(3, log.Read(0, 3, int.MaxValue).Count);
        Assert.Equal(2, log.Read(0, 10, 250).Count);
        Assert.Single(log.Read(0, 10, 1));
        Assert.Empty(log.Read(10, 10, 1000));
        Assert.Equal(10, log.Read(9, 10, 1000).Single().Sequence);
    }

    [Fact]
    public async Task A_reader_gets_what_is_there_then_what_comes_then_ends()
    {
        using var log = EventLog.Create(LogPath, Defaults);
        log.Append("before"u8);
        await using var reader = log.ReadAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.True(await reader.MoveNextAsync());
        Assert.Equal("before", Text(reader.Current.Single()));

        var waiting = reader.MoveNextAsync().AsTask();
        Assert.False(waiting.IsCompleted);
        log.Append("live"u8);
        Assert.True(await waiting);
        Assert.Equal("live", Text(reader.Current.Single()));

        waiting = reader.MoveNextAsync().AsTask();
        Assert.False(waiting.IsCompleted);
        log.Complete();
        Assert.False(await waiting);
    }

    [Fact]
    public async Task Concurrent_readers_see_the_same_numbers_and_bytes()
    {
        const int Count = 30_000;
        using var log = EventLog.Create(LogPath, new() { TailBytes = 64 * 1024, MaxBatchBytes = 16 * 1024 });

        var readers = Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            // Late ones resume somewhere in the middle of what is there by then.
            var next = n % 2 == 0 ? 0 : log.LastSequence / 2;
            await foreach (var batch in log.ReadAsync(next, Cancellation))
            {
                foreach (var entry in batch)
                {
                    Assert.Equal(++next, entry.Sequence);
                    AssertPayload(entry, SizeOf(next));
                }
            }

            return next;
        }, Cancellation)).ToArray();

        await Task.Run(() =>
        {
            for (var n = 1; n <= Count; n++)
                log.Append(Payload(n, SizeOf(n)));
            log.Complete();
        }, Cancellation);

        Assert.All(await Task.WhenAll(readers), last => Assert.Equal(Count, last));

        static int SizeOf(long sequence) => (int)(sequence * 37 % 900);
    }

    [Fact]
    public async Task A_reader_that_stands_still_costs_neither_memory_nor_the_producers_time()
    {
        const int Entries = 1600, EntryBytes = 64 * 1024;
        var payload = Payload(7, EntryBytes);
        using var log = EventLog.Create(LogPath, Defaults);
        log.Append(payload);
        await using var reader = log.ReadAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await reader.MoveNextAsync());

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        for (var n = 1; n < Entries; n++)
            log.Append(payload);
        var took = clock.Elapsed;
        var after = GC.GetTotalMemory(forceFullCollection: true);
        log.Complete();

        // Of 100 MiB; other tests take memory at the same time.
        Assert.InRange(after - before, long.MinValue, 16 * 1024 * 1024);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        var read = 1L;
        while (await reader.MoveNextAsync())
        {
            Assert.InRange(reader.Current.Sum(entry => entry.Payload.Length), 1, Defaults.MaxBatchBytes);
            Assert.All(reader.Current, entry => Assert.True(entry.Payload.Span.SequenceEqual(payload)));
            read += reader.Current.Count;
        }

        Assert.Equal(Entries, read);
    }

    [Fact]
    public async Task A_reader_never_runs_on_the_producers_thread()
    {
        using var log = EventLog.Create(LogPath, Defaults);
        using var reading = new SemaphoreSlim(0);
        var producer = 0;
        var seen = new List<int>();
        var done = Task.Run(async () =>
        {
            await using var reader = log.ReadAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);
            while (true)
            {
                var next = reader.MoveNextAsync();
                reading.Release();
                if (!await next)
                    return;
                seen.Add(Environment.CurrentManagedThreadId);
            }
        }, Cancellation);

        var thread = new Thread(() =>
        {
            producer = Environment.CurrentManagedThreadId;
            for (var n = 0; n < 200; n++)
            {
                reading.Wait(Cancellation);
                log.Append("x"u8);
            }

            log.Complete();
        });
        thread.Start();
        thread.Join();

        await done;
        Assert.NotEmpty(seen);
        Assert.DoesNotContain(producer, seen);
    }

    [Fact]
    public void After_must_be_a_number_that_exists_and_the_call_itself_says_so()
    {
        using var log = EventLog.Create(LogPath, Defaults);
        log.Append("one"u8);

        AssertRefused("log.after_negative", () => log.Read(-1, 1, 1));
        AssertRefused("log.after_negative", () => log.ReadAsync(-1, Cancellation));
        AssertRefused("log.after_unknown", () => log.Read(2, 1, 1));
        var refusal = AssertRefused("log.after_unknown", () => log.ReadAsync(2, Cancellation));
        Assert.Contains("last sequence number so far is 1", refusal.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_over_the_limit_is_refused_and_takes_no_number()
    {
        using var log = EventLog.Create(LogPath, new() { MaxEntryBytes = 10 });

        Assert.Equal(ErrorKind.TooLarge, AssertRefused("log.entry_too_large", () => log.Append(new byte[11])).Error.Kind);
        Assert.Equal(1, log.Append(new byte[10]));
    }

    [Fact]
    public async Task A_waiting_reader_can_be_cancelled()
    {
        using var log = EventLog.Create(LogPath, Defaults);
        using var cancelling = new CancellationTokenSource();
        await using var reader = log.ReadAsync(0, cancelling.Token).GetAsyncEnumerator(Cancellation);
        var waiting = reader.MoveNextAsync().AsTask();

        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(1, log.Append("others go on"u8));
    }

    [Fact]
    public async Task Disposing_a_live_log_tells_its_readers()
    {
        var log = EventLog.Create(LogPath, Defaults);
        await using var reader = log.ReadAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);
        var waiting = reader.MoveNextAsync().AsTask();

        log.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        Assert.Throws<ObjectDisposedException>(() => log.Append("late"u8));
    }

    [Fact]
    public async Task A_reader_finishes_a_log_whose_file_was_deleted_meanwhile()
    {
        using var log = EventLog.Create(LogPath, Small);
        for (var n = 1; n <= 500; n++)
            log.Append(Payload(n, 100));
        log.Complete();
        await using var reader = log.ReadAsync(0, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await reader.MoveNextAsync());

        File.Delete(LogPath);

        var last = 0L;
        do
            last = reader.Current[^1].Sequence;
        while (await reader.MoveNextAsync());
        Assert.Equal(500, last);
    }

    [Fact]
    public void A_completed_log_without_readers_holds_no_file_open()
    {
        using var log = EventLog.Create(LogPath, Defaults);
        log.Append("one"u8);
        log.Complete();
        Assert.Single(log.Read(0, 1, 1));

        Assert.DoesNotContain(LogPath, Directory.GetFiles("/proc/self/fd").Select(link => new FileInfo(link).LinkTarget));
    }
}
