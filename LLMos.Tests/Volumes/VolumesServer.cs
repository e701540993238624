using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

/// <summary>One server behind Kestrel for the tests of a class; each test has people of its own.</summary>
public sealed class VolumesServer : IAsyncDisposable
{
    public LLMosServer Server { get; } = new ServerWithoutPrograms().Listen();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
