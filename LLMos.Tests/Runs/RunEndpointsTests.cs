using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using static LLMos.Tests.Runs.RunCalls;

namespace LLMos.Tests.Runs;

public sealed class RunEndpointsTests(SharedServer shared)
{
    private const string Runs = "/api/v1/runs";

    [Fact]
    public async Task A_run_that_ends_within_the_wait_is_answered_whole()
    {
        var person = await shared.NewPersonAsync();

        using var answer = await person.Client.PostAsJsonAsync($"{Runs}?wait=30", Python("print('hello')\n6 * 7"));

        var run = await answer.ReadAsync<RunRecord>();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(("succeeded", "hello\n", 6, "42"), (run.State, run.Stdout.Text, run.Stdout.Bytes, run.Result?["text/plain"]));
        Assert.Equal(("print('hello')\n6 * 7", "print('hello')", "none"), (run.Code, run.Title, run.SessionState));
        Assert.True(run.Usage.CpuMilliseconds > 0 && run.Usage.WallMilliseconds > 0);
    }

    [Fact]
    public async Task A_run_that_takes_longer_is_created_and_found_at_its_location()
    {
        var person = await shared.NewPersonAsync();

        using var answer = await person.Client.PostAsJsonAsync($"{Runs}?wait=0.05", Python("import time\nprint('begun')\ntime.sleep(0.3)"));

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        using var found = await person.Client.GetAsync(answer.Headers.Location);
        var run = await found.ReadAsync<RunRecord>();
        Assert.Equal("succeeded", (await person.EndedAsync(run.Id)).State);
    }

    [Fact]
    public async Task Runs_are_listed_newest_first_page_by_page()
    {
        var person = await shared.NewPersonAsync();
        var ids = new List<string>();
        for (var number = 0; number < 3; number++)
            ids.Add((await person.RunAsync($"print({number})")).Id);

        var first = await person.Client.GetFromJsonAsync<RunList>($"{Runs}?limit=2", Answers.Json);
        var second = await person.Client.GetFromJsonAsync<RunList>($"{Runs}?limit=2&before={first!.Runs[^1].Id}", Answers.Json);

        Assert.Equal([ids[2], ids[1], ids[0]], first.Runs.Concat(second!.Runs).Select(run => run.Id));
    }

    [Fact]
    public async Task Another_persons_run_is_not_there()
    {
        var run = await (await shared.NewPersonAsync()).RunAsync("print(1)");
        var other = await shared.NewPersonAsync();

        foreach (var (method, path) in new[] { ("GET", ""), ("GET", "/events"), ("GET", "/output"), ("POST", "/cancel"), ("POST", "/interrupt") })
        {
            using var answer = await other.Client.SendAsync(new(new(method), $"{Runs}/{run.Id}{path}"));
            await answer.RefusedAsync(HttpStatusCode.NotFound, "runs.not_found");
        }

        Assert.Empty((await other.Client.GetFromJsonAsync<RunList>(Runs, Answers.Json))!.Runs);
    }

    [Fact]
    public async Task A_viewer_cannot_run_code()
    {
        var viewer = await shared.NewPersonAsync(Role.Viewer);

        using var answer = await viewer.Client.PostAsJsonAsync(Runs, Python("print(1)"));

        await answer.RefusedAsync(HttpStatusCode.Forbidden, "accounts.role_required");
    }

    [Fact]
    public async Task Events_are_read_page_by_page_and_numbered_without_gaps()
    {
        var person = await shared.NewPersonAsync();
        var run = await person.RunAsync("import sys\nfor number in range(5):\n    print(number)\n    print('e', file=sys.stderr)");

        var events = new List<RunEvent>();
        RunEvents page;
        do
        {
            page = (await person.Client.GetFromJsonAsync<RunEvents>($"{Runs}/{run.Id}/events?after={events.Count}&limit=3", Answers.Json))!;
            events.AddRange(page.Events);
        }
        while (events.Count < page.LastSequence);

        Assert.True(page.Completed);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(happened => happened.Sequence));
        Assert.Equal(("queued", "started", "ended"), (events[0].Type, events[1].Type, events[^1].Type));
        Assert.Equal("0\n1\n2\n3\n4\n", events.TextOf("stdout"));
    }

    [Theory]
    [InlineData("-1", "log.after_negative")]
    [InlineData("999", "log.after_unknown")]
    [InlineData("x", "request.malformed")]
    [InlineData("99999999999999999999", "request.malformed")]
    public async Task Events_after_a_number_that_is_none_are_refused(string after, string code)
    {
        var person = await shared.NewPersonAsync();
        var run = await person.RunAsync("print(1)");

        foreach (var accept in new[] { "application/json", "text/event-stream" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{Runs}/{run.Id}/events?after={after}");
            request.Headers.Accept.Add(new(accept));
            using var answer = await person.Client.SendAsync(request);
            await answer.RefusedAsync(HttpStatusCode.BadRequest, code);
        }
    }

    [Fact]
    public async Task Server_sent_events_resume_after_the_last_one_seen()
    {
        var person = await shared.NewPersonAsync();
        var run = await person.RunAsync("print('one')\nprint('two')");

        var whole = await ReadStreamAsync(person, run.Id, lastEventId: null);
        var rest = await ReadStreamAsync(person, run.Id, lastEventId: "2");

        Assert.Equal(Enumerable.Range(1, whole.Count).Select(number => $"{number}"), whole.Select(item => item.Id));
        Assert.Equal(whole.Skip(2), rest);
        Assert.Contains("\"text\":\"one", string.Concat(whole.Select(item => item.Data)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("events")]
    [InlineData("output")]
    public async Task A_stream_ends_when_the_sign_in_that_opened_it_no_longer_holds(string stream)
    {
        var person = await shared.NewPersonAsync();
        var run = await person.StartAsync("print('begun')\nwhile True: pass");
        await person.EventsUntilAsync(run.Id, IsLine);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Runs}/{run.Id}/{stream}");
        request.Headers.Accept.Add(new("text/event-stream"));
        using var answer = await person.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var following = answer.Content.ReadAsStringAsync();
        var accounts = shared.Server.Services.GetRequiredService<AccountStore>();

        await accounts.ChangeAsync(book => book.WithoutToken(OwnerIn(book), book.TokensOf(OwnerIn(book)).Single().Id), TestContext.Current.CancellationToken);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => following);
        // Its slot is needed by other tests.
        using var again = shared.Server.ClientWith(await shared.Server.TokenAsync(run.User));
        using var cancelled = await again.PostAsync($"{Runs}/{run.Id}/cancel", content: null);
        cancelled.EnsureSuccessStatusCode();

        string OwnerIn(AccountBook book) => book.FindByName(run.User)!.Id;
    }

    [Fact]
    public async Task The_whole_output_is_a_text_file()
    {
        var person = await shared.NewPersonAsync();
        var run = await person.RunAsync("for number in range(100_000): print(number)");

        var text = await person.Client.GetStringAsync($"{Runs}/{run.Id}/output");

        Assert.True(run.Stdout.OmittedBytes > 0);
        Assert.Equal(string.Concat(Enumerable.Range(0, 100_000).Select(number => $"{number}\n")), text);
    }

    [Fact]
    public async Task A_result_of_many_megabytes_is_named_by_its_record_and_read_from_its_event()
    {
        var person = await shared.NewPersonAsync();
        var run = await person.RunAsync("class Large:\n    def _repr_mimebundle_(self, **_): return {'application/x': '<' * 9_000_000}\nLarge()");
        var store = shared.Server.Services.GetRequiredService<RunStore>();

        await Eventually.HoldsAsync(() => store.Find(run.Id) is not null, "the run is in the store");

        Assert.Empty(run.Result!);
        Assert.Empty((await person.GetRunAsync(run.Id)).Result!);
        var page = await person.Client.GetFromJsonAsync<RunEvents>($"{Runs}/{run.Id}/events?after={run.ResultSequence - 1}&limit=1", Answers.Json);
        Assert.Equal(9_000_000, Assert.Single(page!.Events).Data?["application/x"].Length);
    }

    [Fact]
    public async Task A_record_carries_a_mebibyte_of_displays_and_the_result_before_them()
    {
        var person = await shared.NewPersonAsync();

        var run = await person.RunAsync("""
            import llmos
            class Shown:
                def __init__(self, count): self.count = count
                def _repr_mimebundle_(self, **_): return {'text/html': 'a' * self.count}
            for count in (700_000, 700_000, 1_000): llmos.display(Shown(count))
            Shown(300_000)
            """);

        Assert.Equal(300_000, run.Result?["text/html"].Length);
        Assert.Equal([700_000, 0, 1_000], run.Displays.Select(display => display.Data.GetValueOrDefault("text/html")?.Length ?? 0));
    }

    [Fact]
    public async Task A_record_carries_a_bounded_number_of_displays_and_names_the_rest()
    {
        var person = await shared.NewPersonAsync();

        var run = await person.RunAsync("import llmos\nfor number in range(1_100): llmos.display(number)");

        Assert.Equal(1_100, run.Displays.Count);
        Assert.Equal("999", run.Displays[999].Data["text/plain"]);
        Assert.Empty(run.Displays[1_000].Data);
        var events = await person.Client.GetFromJsonAsync<RunEvents>($"{Runs}/{run.Id}/events?after={run.Displays[1_000].Sequence - 1}&limit=1", Answers.Json);
        Assert.Equal("1000", Assert.Single(events!.Events).Data?["text/plain"]);
    }

    [Fact]
    public async Task The_same_idempotency_key_starts_one_run()
    {
        var person = await shared.NewPersonAsync();

        var ids = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => StartWithKeyAsync(person, "key-1", "print(1)")));
        await person.EndedAsync(ids[0]);

        Assert.Single(ids.Append(await StartWithKeyAsync(person, "key-1", "print(1)")).Distinct());
        using var other = await PostWithKeyAsync(person, "key-1", "print(2)");
        await other.RefusedAsync(HttpStatusCode.Conflict, "runs.idempotency_mismatch");
        using var unnamed = await PostWithKeyAsync(person, new('k', 129), "print(2)");
        await unnamed.RefusedAsync(HttpStatusCode.BadRequest, "runs.idempotency_key_invalid");
        Assert.NotEqual(ids[0], await StartWithKeyAsync(await shared.NewPersonAsync(), "key-1", "print(1)"));
    }

    [Fact]
    public async Task Two_who_cancel_one_run_are_both_told_that_it_is_cancelled()
    {
        var person = await shared.NewPersonAsync();
        var run = await person.StartAsync("print('begun', flush=True)\nwhile True: pass");
        await person.EventsUntilAsync(run.Id, IsLine);

        var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            using var answer = await person.Client.PostAsync($"{Runs}/{run.Id}/cancel", content: null);
            return (await answer.ReadAsync<RunSummary>()).State;
        }));

        Assert.Equal(["cancelled", "cancelled"], answers);
        var record = await person.GetRunAsync(run.Id);
        Assert.Equal(("cancelled", "begun\n"), (record.State, record.Stdout.Text));
        Assert.Contains(record.User, record.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupt_raises_KeyboardInterrupt_which_the_program_may_catch()
    {
        var person = await shared.NewPersonAsync();
        var run = await person.StartAsync("import time\ntry:\n    print('begun')\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('caught')");
        // `print` writes the end of the line by itself: an interrupt may come before it.
        await person.EventsUntilAsync(run.Id, happened => happened is { Type: "stdout", Text: { } text } && text.ToString().EndsWith('\n'));

        using var answer = await person.Client.PostAsync($"{Runs}/{run.Id}/interrupt", content: null);

        var ended = await person.EndedAsync(run.Id);
        Assert.Equal(("succeeded", "begun\ncaught\n"), (ended.State, ended.Stdout.Text));
        using var late = await person.Client.PostAsync($"{Runs}/{run.Id}/interrupt", content: null);
        await late.RefusedAsync(HttpStatusCode.Conflict, "runs.not_running");
    }

    [Fact]
    public async Task Interrupt_that_nobody_catches_ends_the_run_as_cancelled()
    {
        var person = await shared.NewPersonAsync();
        var run = await person.StartAsync("print('begun')\nwhile True: pass");
        await person.EventsUntilAsync(run.Id, IsLine);

        using var answer = await person.Client.PostAsync($"{Runs}/{run.Id}/interrupt", content: null);

        var ended = await person.EndedAsync(run.Id);
        Assert.Equal(("cancelled", "KeyboardInterrupt"), (ended.State, ended.Error?.Name));
    }

    [Theory]
    [InlineData("""{"language":"python","code":""}""", HttpStatusCode.BadRequest, "runs.code_empty")]
    [InlineData("""{"language":"python","code":" \n\t "}""", HttpStatusCode.BadRequest, "runs.code_empty")]
    [InlineData("""{"language":"python","code":"print(1)\u0000"}""", HttpStatusCode.BadRequest, "runs.text_invalid")]
    [InlineData("""{"language":"python","code":"print('\ud800')"}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"language":"cobol","code":"DISPLAY 1"}""", HttpStatusCode.BadRequest, "runs.language_unknown")]
    [InlineData("""{"code":"print(1)"}""", HttpStatusCode.BadRequest, "runs.language_unknown")]
    [InlineData("""{"language":"python","code":"1","timeoutSeconds":0}""", HttpStatusCode.BadRequest, "runs.limit_out_of_range")]
    [InlineData("""{"language":"python","code":"1","timeoutSeconds":-1}""", HttpStatusCode.BadRequest, "runs.limit_out_of_range")]
    [InlineData("""{"language":"python","code":"1","timeoutSeconds":1e999}""", HttpStatusCode.BadRequest, "runs.limit_out_of_range")]
    [InlineData("""{"language":"python","code":"1","timeoutSeconds":301}""", HttpStatusCode.BadRequest, "runs.limit_out_of_range")]
    [InlineData("""{"language":"python","code":"1","timeoutSeconds":NaN}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"language":"python","code":"1","timeoutSeconds":"NaN"}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"language":"python","code":"1","timeoutSeconds":"30"}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"language":"python","code":"1","heapMegabytes":0}""", HttpStatusCode.BadRequest, "runs.limit_out_of_range")]
    [InlineData("""{"language":"python","code":"1","heapMegabytes":-1}""", HttpStatusCode.BadRequest, "runs.limit_out_of_range")]
    [InlineData("""{"language":"python","code":"1","heapMegabytes":1025}""", HttpStatusCode.BadRequest, "runs.limit_out_of_range")]
    [InlineData("""{"language":"python","code":"1","heapMegabytes":1e999}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"language":"python","code":"1","heapMegabytes":1.5}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"language":"python","code":"1","timeoutSecond":1}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"language":"python","code":"1","code":"2"}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"language":"python","code":null}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"language":"python","code":7}""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""{"language":"python","code":"1"} trailing""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("""null""", HttpStatusCode.BadRequest, "request.malformed")]
    [InlineData("", HttpStatusCode.BadRequest, "request.malformed")]
    public async Task A_request_that_cannot_be_run_is_refused(string json, HttpStatusCode status, string code)
    {
        var person = await shared.NewPersonAsync();

        using var answer = await PostAsync(person, Encoding.UTF8.GetBytes(json));

        await answer.RefusedAsync(status, code);
        Assert.Empty((await person.Client.GetFromJsonAsync<RunList>(Runs, Answers.Json))!.Runs);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_brackets_without_end_and_too_much_of_anything_are_refused()
    {
        var person = await shared.NewPersonAsync();
        (byte[] Body, HttpStatusCode Status, string Code)[] bodies =
        [
            ([.. "{\"language\":\"python\",\"code\":\"print('"u8, 0xC3, 0x28, .. "')\"}"u8], HttpStatusCode.BadRequest, "request.malformed"),
            (Encoding.UTF8.GetBytes(new string('[', 100_000)), HttpStatusCode.BadRequest, "request.malformed"),
            (Json(new string('#', 1_048_577), ""), HttpStatusCode.RequestEntityTooLarge, "runs.code_too_large"),
            (Json("1", new string('#', 1_048_577)), HttpStatusCode.RequestEntityTooLarge, "runs.stdin_too_large"),
            (Json(new string('#', 5_000_000), ""), HttpStatusCode.RequestEntityTooLarge, "request.too_large"),
        ];

        foreach (var (body, status, code) in bodies)
        {
            using var answer = await PostAsync(person, body);
            await answer.RefusedAsync(status, code);
        }

        using var largest = await PostAsync(person, Json(new string('#', 1_048_576), ""));
        Assert.Equal(HttpStatusCode.Created, largest.StatusCode);

        static byte[] Json(string code, string stdin) => JsonSerializer.SerializeToUtf8Bytes(new { language = "python", code, stdin });
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("61")]
    [InlineData("NaN")]
    public async Task A_wait_that_is_none_is_refused(string wait)
    {
        var person = await shared.NewPersonAsync();

        using var answer = await person.Client.PostAsJsonAsync($"{Runs}?wait={wait}", Python("print(1)"));

        await answer.RefusedAsync(HttpStatusCode.BadRequest, "runs.wait_out_of_range");
    }

    [Fact]
    public async Task Limits_and_isolation_tell_what_holds()
    {
        var person = await shared.NewPersonAsync(Role.Viewer);

        var limits = await person.Client.GetFromJsonAsync<LimitsAnswer>("/api/v1/limits", Answers.Json);
        var isolation = await person.Client.GetFromJsonAsync<IsolationAnswer>("/api/v1/system/isolation", Answers.Json);

        Assert.Equal(new(30, 256, 67_108_864), limits!.Limits);
        Assert.StartsWith("3.11", limits.PythonVersion, StringComparison.Ordinal);
        Assert.Equal(["matplotlib", "networkx", "numpy", "pandas", "scikit-learn", "scipy", "sympy"], limits.Packages.Keys.Order());
        Assert.Contains("scikit-learn", Assert.Single(limits.Missing, hint => hint.Names.Contains("torch")).Hint, StringComparison.Ordinal);
        Assert.True(isolation!.Ready);
        Assert.Equal(["rlimits", "privileges", "landlock", "seccomp"], isolation.Layers.Where(layer => layer.Held).Select(layer => layer.Name));
    }

    private static async Task<List<(string Id, string Data)>> ReadStreamAsync(Person person, string id, string? lastEventId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Runs}/{id}/events");
        request.Headers.Accept.Add(new("text/event-stream"));
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        using var answer = await person.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var items = new List<(string, string)>();
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync())
            items.Add((item.EventId!, item.Data));
        return items;
    }

    private static async Task<string> StartWithKeyAsync(Person person, string key, string code)
    {
        using var answer = await PostWithKeyAsync(person, key, code);
        return (await answer.ReadAsync<RunRecord>()).Id;
    }

    private static Task<HttpResponseMessage> PostWithKeyAsync(Person person, string key, string code)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Runs) { Content = JsonContent.Create(Python(code)) };
        request.Headers.Add("Idempotency-Key", key);
        return person.Client.SendAsync(request);
    }

    private static Task<HttpResponseMessage> PostAsync(Person person, byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, Runs) { Content = content };
        // Asks before it sends, so that a refusal is read and not a broken pipe.
        request.Headers.ExpectContinue = true;
        return person.Client.SendAsync(request);
    }
}
