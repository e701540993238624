using System.Net.ServerSentEvents;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Hosting;
using LLMos.Server.Runs.Doctor;
using LLMos.Server.Runs.Sandboxes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LLMos.Server.Runs;

internal static class RunEndpoints
{
    private const int MaxWaitSeconds = 60, MaxListed = 200, MaxEvents = 1000, MaxEventBytes = 1_048_576, MaxKeyCharacters = 128;

    public static void MapRunEndpoints(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/runs").WithTags("Runs").RequireRole(Role.Member);
        runs.MapPost("/", Start).Produces<RunRecord>().Produces<RunRecord>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status429TooManyRequests);
        runs.MapGet("/", List);
        runs.MapGet("/{runId}", Read).ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapGet("/{runId}/events", ReadEvents).Produces<RunEvents>().Produces<RunEvent>(StatusCodes.Status200OK, "text/event-stream");
        runs.MapGet("/{runId}/output", ReadOutput);
        runs.MapPost("/{runId}/cancel", Cancel);
        runs.MapPost("/{runId}/interrupt", Interrupt);

        api.MapGet("/limits", ReadLimits).WithTags("System");
        api.MapGet("/system/isolation", ReadIsolation).WithTags("System");
    }

    private static async Task<IResult> Start(
        StartRunRequest request, Caller caller, RunRegistry runs, AnswerRoom room, HttpContext http, CancellationToken cancellation,
        double wait = 0, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey = null)
    {
        if (!(wait >= 0 && wait <= MaxWaitSeconds))
            throw RunErrors.WaitOutOfRange(MaxWaitSeconds);
        if (idempotencyKey is not null && (idempotencyKey.Length is 0 or > MaxKeyCharacters || idempotencyKey.Any(character => character is < '!' or > '~')))
            throw RunErrors.IdempotencyKeyInvalid();

        var id = await runs.StartAsync(caller, request, idempotencyKey, TimeSpan.FromSeconds(wait), cancellation);
        var record = await ReadAsync(http, caller, runs, room, id);
        return record.EndedAt is not null && wait > 0
            ? TypedResults.Ok(record)
            : TypedResults.Created($"/api/v1/runs/{id}", record);
    }

    private static RunList List(Caller caller, RunRegistry runs, string? before = null, int limit = 50) =>
        new(runs.List(caller, before, Math.Clamp(limit, 1, MaxListed)));

    private static Task<RunRecord> Read(string runId, Caller caller, RunRegistry runs, AnswerRoom room, HttpContext http) =>
        ReadAsync(http, caller, runs, room, runId);

    private static async Task<RunRecord> ReadAsync(HttpContext http, Caller caller, RunRegistry runs, AnswerRoom room, string runId)
    {
        await room.TakeAsync(http, caller.AccountId, runs.WeightOf(caller, runId));
        return runs.GetRecord(caller, runId);
    }

    private static async Task<IResult> ReadEvents(
        string runId, Caller caller, RunRegistry runs, AnswerRoom room, PersonBounds bounds, HttpContext http, CancellationToken cancellation,
        long after = 0, int limit = MaxEvents, [FromHeader(Name = "Last-Event-ID")] long? lastEventId = null)
    {
        if (http.Request.GetTypedHeaders().Accept.Any(type => type.MediaType == "text/event-stream"))
        {
            http.Response.RegisterForDispose(bounds.TakeStream(caller.AccountId));
            var batches = runs.Watch(caller, runId, lastEventId ?? after, cancellation);
            return TypedResults.ServerSentEvents(AsItems(batches));
        }

        using var lease = runs.OpenLog(caller, runId);
        await room.TakeAsync(http, caller.AccountId, RunRegistry.WeightOf(lease.Log, lastEventId ?? after, MaxEventBytes));
        var events = lease.Log.Read(lastEventId ?? after, Math.Clamp(limit, 1, MaxEvents), MaxEventBytes);
        return TypedResults.Ok(new RunEvents([.. events.Select(RunOutput.Decode)], lease.Log.LastSequence, lease.Log.IsCompleted));
    }

    /// <summary>The whole text, both streams as they came, for reading in an editor.</summary>
    private static PushStreamHttpResult ReadOutput(string runId, Caller caller, RunRegistry runs, CancellationToken cancellation)
    {
        var batches = runs.Watch(caller, runId, after: 0, cancellation);
        return TypedResults.Stream(
            async body =>
            {
                await foreach (var batch in batches)
                {
                    foreach (var text in batch.Select(happened => happened.Text).OfType<Utf8Text>())
                        await body.WriteAsync(text.Bytes, cancellation);
                }
            },
            "text/plain; charset=utf-8", $"{runId}.txt");
    }

    private static Task<RunSummary> Cancel(string runId, Caller caller, RunRegistry runs) => runs.CancelAsync(caller, runId);

    private static RunSummary Interrupt(string runId, Caller caller, RunRegistry runs) => runs.Interrupt(caller, runId);

    private static LimitsAnswer ReadLimits(PythonSandbox sandbox) => sandbox.Limits;

    private static IsolationAnswer ReadIsolation(PythonSandbox sandbox, LastAttack attack) => sandbox.Isolation with { LastAttack = attack.Read() };

    private static async IAsyncEnumerable<SseItem<RunEvent>> AsItems(IAsyncEnumerable<RunEvent[]> batches)
    {
        await foreach (var batch in batches)
        {
            foreach (var happened in batch)
                yield return new(happened, happened.Type) { EventId = happened.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        }
    }
}
