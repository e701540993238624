using System.Text;
using System.Text.Json;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Runs.Sessions;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Runs.Sessions;

/// <summary>Notes of sessions are read whole at the start: each has a bound in bytes.</summary>
public sealed class SessionStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData(300, 'n', 0), InlineData(40, 'ø', 7), InlineData(400, '\u0001', 3)]
    public async Task A_note_of_an_earlier_version_that_is_too_long_keeps_its_newest_variables_and_counts_the_others(int characters, char one, int omitted)
    {
        using var database = new Database(Options.Create(new StorageOptions { Path = _folder.Path }), [new StoreCollection(SessionStore.Collection)]);
        var variables = Enumerable.Range(0, 200).Select(number => new LostVariable($"{number}{new string(one, characters)}", new string(one, characters))).ToList();
        await NoteAsync("long", variables);
        await NoteAsync("short", [new("x", "int"), new("y", "float")]);

        var store = new SessionStore(database, NullLogger<SessionStore>.Instance);

        var loss = store.Recall(("anna", "long"))!;
        Assert.InRange(loss.Variables.Sum(variable => Encoding.UTF8.GetByteCount(variable.Name + variable.Type)), 1, 8 * 1024);
        Assert.Equal(variables[^loss.Variables.Count..], loss.Variables);
        Assert.Equal(200 + omitted, loss.Variables.Count + loss.Omitted);
        Assert.Equal((2, omitted), store.Recall(("anna", "short")) is { } whole ? (whole.Variables.Count, whole.Omitted) : default);

        Task NoteAsync(string name, List<LostVariable> noted) => database.WriteAsync(documents => documents.Put(SessionStore.Collection, new()
        {
            ["_id"] = $"anna {name}",
            ["json"] = JsonSerializer.SerializeToUtf8Bytes(new { OwnerId = "anna", Name = name, Variables = noted, Omitted = omitted, IsKilled = false, At = DateTime.UnixEpoch }),
        }));
    }
}
