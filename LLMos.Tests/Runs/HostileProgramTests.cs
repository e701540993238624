using System.Net;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Runs;

/// <summary>Programs that lie, break what they stand on, or ask for more than there is.</summary>
public sealed class HostileProgramTests(SharedServer shared)
{
    private const string Forge = "import llmos.line, os, struct\ndef forge(frame): os.write(1, llmos.line._channel._marker + struct.pack('>I', len(frame)) + frame)\n";

    [Theory]
    [InlineData("class Bad(Exception):\n    def __str__(self): raise ValueError\nraise Bad", "Bad", "(its str() failed: ValueError)")]
    [InlineData("class Bad(Exception):\n    def __str__(self): raise SystemExit\nraise Bad", "Bad", "(its str() failed: SystemExit)")]
    [InlineData("class Bad(Exception):\n    def __str__(self): return 5\nraise Bad", "Bad", "(its str() failed: TypeError)")]
    [InlineData("class Meta(type):\n    def __getattribute__(self, name): raise KeyError\nclass Bad(Exception, metaclass=Meta): pass\nraise Bad", "Exception", "(it cannot be described)")]
    [InlineData("raise SyntaxError('odd', ('<program>', 'x', 'y', 'z'))", "SyntaxError", "odd")]
    [InlineData("raise SyntaxError('odd', ('<program>', 10**30, -7, 'z'))", "SyntaxError", "odd")]
    [InlineData("class Bad:\n    def __str__(self): raise ValueError\nraise SystemExit(Bad())", "SystemExit", "(its str() failed: ValueError)")]
    [InlineData("class Bad:\n    def __eq__(self, other): raise ValueError\n    def __str__(self): return 'bad'\nraise SystemExit(Bad())", "SystemExit", "bad")]
    [InlineData("import atexit, sys, matplotlib.pyplot as plt\nplt.figure(figsize=(1e9, 1))\nsys.exit()", "ValueError", "too large")]
    [InlineData("import os, sys\nsys.stdout.detach()\nos.close(1)\nraise ValueError('still said')", "ValueError", "still said")]
    public async Task An_error_is_described_whatever_it_does_when_it_is_asked(string code, string name, string message)
    {
        var run = await RunAsync(code);

        Assert.Equal(("failed", null, name), (run.State, run.Reason, run.Error?.Name));
        Assert.Contains(message, run.Error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("raise type('E' * 100_000, (Exception,), {})('x')", "failed")]
    [InlineData("raise SystemExit('x' * 20_000_000)", "failed")]
    [InlineData("raise SystemExit(10 ** 5_000)", "failed")]
    [InlineData("raise Exception('x' * 20_000_000)", "failed")]
    [InlineData("class Many:\n    def _repr_mimebundle_(self, **_): return {f'a/{number}': 'x' for number in range(100)}\nMany()", "succeeded")]
    public async Task What_is_too_long_is_cut(string code, string state)
    {
        var run = await RunAsync(code);

        Assert.Equal((state, null), (run.State, run.Reason));
    }

    [Theory]
    [InlineData("""{"type":"progress","done":1e999}""")]
    [InlineData("""{"type":"progress","done":1,"total":-1e999}""")]
    public async Task A_forged_frame_with_a_number_that_is_none_ends_the_run_and_its_events_stay_readable(string frame)
    {
        var person = await shared.NewPersonAsync();

        var run = await person.RunAsync($"{Forge}forge(b'{frame}')");

        Assert.Equal("crashed", run.State);
        Assert.StartsWith("protocol", run.Reason, StringComparison.Ordinal);
        using var events = await person.Client.GetAsync($"/api/v1/runs/{run.Id}/events");
        Assert.Equal(HttpStatusCode.OK, events.StatusCode);
    }

    [Fact]
    public async Task Memory_that_grows_downwards_counts_too()
    {
        var run = await RunAsync("""
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            libc.mmap.restype = ctypes.c_void_p
            private_anonymous_grows_down = 0x122
            place = libc.mmap(None, ctypes.c_size_t(64 << 20), 3, private_anonymous_grows_down, -1, ctypes.c_long(0))
            print(place == 2**64 - 1, ctypes.get_errno())
            """);

        Assert.Equal("True 1\n", run.Stdout.Text);
    }

    [Fact]
    public async Task The_longest_code_and_input_run_also_when_every_character_needs_an_escape()
    {
        var person = await shared.NewPersonAsync();
        var code = "print(len(input()))#";

        using var body = new StringContent(
            $$"""{"language":"python","code":"{{code + new string('\'', 1_048_576 - code.Length)}}","stdin":"{{new string('<', 1_048_576)}}"}""",
            mediaType: new("application/json"));
        using var answer = await person.Client.PostAsync("/api/v1/runs?wait=30", body);

        var run = await answer.ReadAsync<RunRecord>();
        Assert.Equal(("succeeded", "1048576\n"), (run.State, run.Stdout.Text));
    }

    [Fact]
    public async Task A_title_is_cut_between_characters()
    {
        var run = await RunAsync($"xx='{string.Concat(Enumerable.Repeat("😀", 60))}'");

        Assert.EndsWith("😀…", run.Title, StringComparison.Ordinal);
    }

    private async Task<RunRecord> RunAsync(string code) => await (await shared.NewPersonAsync()).RunAsync(code);
}
