using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Sandboxes;
using LLMos.Tests.Runs.Load;

namespace LLMos.Tests.Runs.Fuzzing;

[Collection(nameof(Alone))]
public sealed class FrameFuzzTests
{
    private const int Inputs = 1_000_000;
    private const double MostSeconds = 60;
    private const long MostGrowth = 20 * 1024 * 1024;

    // What is not managed grows too, by code and stacks and by what the collector keeps for later.
    private const long MostProcessGrowth = 128 * 1024 * 1024;

    // Of which a busy machine has taken many times as many when the time is over.
    private const int Least = 20_000;

    [Fact]
    public async Task Inputs_come_out_whole_and_in_order_or_are_a_breach_and_leave_nothing_behind()
    {
        var budget = new FuzzBudget(Inputs / 5, MostSeconds / 2);
        long mostAllocated = 0, breaches = 0, frames = 0;
        var before = Memory();

        await FuzzBudget.SpendAsync(() =>
        {
            var (expected, seen) = (new Transcript(), new Transcript());
            while (budget.TryTake(out var number))
            {
                var input = new FrameInput(budget.Seed, number);
                expected.Clear();
                expected.ReadWhole(input.Bytes, FrameInput.Marker, static frame => WorkerFrame.Parse(frame));

                var allocated = GC.GetAllocatedBytesForCurrentThread();
                Parse(input, seen, ref frames);
                allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

                Assert.True(expected.IsBroken == seen.IsBroken, $"{input.Name}: expected breach {expected.IsBroken}, seen {seen.IsBroken}");
                Assert.True(expected.Written.SequenceEqual(seen.Written), $"{input.Name}: something else came out");
                if (seen.IsBroken)
                    Interlocked.Increment(ref breaches);
                InterlockedMax(ref mostAllocated, allocated);
            }
        });

        var after = Memory();
        var (growth, processGrowth) = (after.Managed - before.Managed, after.Process - before.Process);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"seed {budget.Seed}: {budget.Taken} inputs, {frames} frames, {breaches} breaches, {mostAllocated} bytes allocated at most for one, {growth} more in use at the end, {processGrowth} more of the process");
        Assert.InRange(budget.Taken, Least, int.MaxValue);
        Assert.InRange(growth, long.MinValue, MostGrowth);
        Assert.InRange(processGrowth, long.MinValue, MostProcessGrowth);
        Assert.InRange(mostAllocated, 0, MostGrowth);
        Assert.InRange(breaches, budget.Taken / 10, budget.Taken * 9 / 10);
    }

    [Fact]
    public async Task What_a_run_shows_of_such_inputs_and_how_it_ends_follows_from_them_alone()
    {
        var budget = new FuzzBudget(Inputs / 100, MostSeconds / 4);

        await FuzzBudget.SpendAsync(() =>
        {
            using var driven = new DrivenExecution();
            while (budget.TryTake(out var number))
            {
                var input = new FrameInput(budget.Seed, number);
                if (input.Bytes.Length > DrivenExecution.MostBytes)
                    continue;
                byte[] stream = number % 8 == 0 ? [.. input.Bytes] : [.. DrivenExecution.Begun, .. input.Bytes];
                var expected = new ExpectedRun(stream, FrameInput.Marker);

                var (end, events) = driven.Run(stream, outputBytes: 1_000_000);

                Assert.True(expected.State == end?.State.Name(), $"{input.Name}: expected {expected.State}, seen {end?.State.Name()}");
                var shown = ExpectedRun.Show(events);
                Assert.True(!expected.IsText || expected.Shown == shown, $"{input.Name}: expected {expected.Shown}, seen {shown}");
            }
        });

        TestContext.Current.TestOutputHelper!.WriteLine($"seed {budget.Seed}: {budget.Taken} inputs");
        Assert.InRange(budget.Taken, 1000, int.MaxValue);
    }

    [Fact]
    public async Task What_a_sessions_worker_sends_between_two_programs_is_no_part_of_either()
    {
        var budget = new FuzzBudget(Inputs / 200, MostSeconds / 6);
        var pairs = 0;

        await FuzzBudget.SpendAsync(() =>
        {
            using var driven = new DrivenExecution();
            while (budget.TryTake(out var number))
            {
                var (input, late, next) = (new FrameInput(budget.Seed, number), new FrameInput(budget.Seed, number + Inputs), new FrameInput(budget.Seed, number + (2 * Inputs)));
                if (input.Bytes.Length + late.Bytes.Length + next.Bytes.Length > DrivenExecution.MostBytes)
                    continue;
                byte[] first = [.. DrivenExecution.Begun, .. input.Bytes, .. DrivenExecution.Ended];
                byte[] second = [.. DrivenExecution.Begun, .. next.Bytes];
                var expected = (First: new ExpectedRun(first, FrameInput.Marker, keeps: true), Second: new ExpectedRun(second, FrameInput.Marker, keeps: true));
                // The others lose their session.
                if (!expected.First.HasEnded)
                    continue;

                var seen = driven.RunTwice(first, [.. late.Bytes], second, outputBytes: 1_000_000);

                Interlocked.Increment(ref pairs);
                foreach (var (wanted, (end, events)) in new[] { (expected.First, seen.First), (expected.Second, seen.Second) })
                {
                    Assert.True(wanted.State == end?.State.Name(), $"{input.Name}: expected {wanted.State}, seen {end?.State.Name()}");
                    var shown = ExpectedRun.Show(events);
                    Assert.True(!wanted.IsText || wanted.Shown == shown, $"{input.Name}: expected {wanted.Shown}, seen {shown}");
                }
            }
        });

        TestContext.Current.TestOutputHelper!.WriteLine($"seed {budget.Seed}: {budget.Taken} inputs, {pairs} pairs");
        Assert.InRange(pairs, 100, int.MaxValue);
    }

    [Theory]
    [InlineData("{'type':'display','data':{", "'#':'',", "'':''}}")]
    [InlineData("{'type':'display','data':{", "'a':'',", "'':''}}")]
    [InlineData("{'type':'progress','done':", "9", "}")]
    [InlineData("{'type':'stderr','text':", "[", "}")]
    [InlineData("{'type':'stderr','text':'a',", "'#':1,", "'z':1}")]
    [InlineData("", " ", "")]
    public void The_longest_frame_that_is_a_breach_takes_little_more_than_its_own_length(string head, string repeated, string tail)
    {
        var frame = LongestFrame(head, repeated, tail);

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var parser = new OutputParser(FrameInput.Marker, _ => { }, json => WorkerFrame.Parse(json));
        Assert.Throws<ProtocolException>(() =>
        {
            for (var from = 0; from < frame.Length; from += 65_536)
                parser.Feed(frame.AsSpan(from, Math.Min(65_536, frame.Length - from)));
        });
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

        Assert.InRange(allocated, OutputParser.MaxFrameBytes / 2, MostGrowth);
    }

    private static byte[] LongestFrame(string head, string repeated, string tail)
    {
        var json = new StringBuilder(head, OutputParser.MaxFrameBytes);
        for (var number = 0; json.Length < OutputParser.MaxFrameBytes - 100; number++)
            json.Append(repeated.Length == 1 ? repeated : repeated.Replace("#", number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        json.Append(tail);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, json.Length);
        return [.. FrameInput.Marker, .. length, .. Encoding.UTF8.GetBytes(json.Replace('\'', '"').ToString())];
    }

    private static void Parse(FrameInput input, Transcript seen, ref long frames)
    {
        seen.Clear();
        var parsed = 0;
        var parser = new OutputParser(FrameInput.Marker, seen.Text, frame =>
        {
            seen.Frame(frame);
            WorkerFrame.Parse(frame);
            parsed++;
        });
        try
        {
            var from = 0;
            foreach (var to in input.Cuts)
            {
                parser.Feed(input.Bytes[from..to]);
                from = to;
            }

            parser.End();
        }
        catch (ProtocolException)
        {
            seen.Break();
        }

        Interlocked.Add(ref frames, parsed);
    }

    private static (long Managed, long Process) Memory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
    }

    private static void InterlockedMax(ref long most, long value)
    {
        for (var known = Volatile.Read(ref most); value > known;)
            known = Interlocked.CompareExchange(ref most, value, known) is var found && found == known ? value : found;
    }
}
