using LLMos.Server.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LLMos.Server.Runs.Sessions;

internal static class SessionEndpoints
{
    public static void MapSessionEndpoints(this IEndpointRouteBuilder api)
    {
        var sessions = api.MapGroup("/sessions").WithTags("Sessions").RequireRole(Role.Member);
        sessions.MapGet("/", List);
        sessions.MapGet("/{name}/variables", ReadVariables).ProducesProblem(StatusCodes.Status404NotFound);
        sessions.MapDelete("/{name}", Close).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static SessionList List(Caller caller, SessionRegistry sessions) => sessions.List(caller);

    private static SessionVariables ReadVariables(string name, Caller caller, SessionRegistry sessions) => sessions.GetVariables(caller, name);

    private static async Task<NoContent> Close(string name, Caller caller, SessionRegistry sessions, RunRegistry runs)
    {
        if (sessions.Close(caller, name) is { } run)
            await runs.CancelAsync(caller, run.Id, keepsSession: false);
        return TypedResults.NoContent();
    }
}
