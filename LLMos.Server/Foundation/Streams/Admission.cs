namespace LLMos.Server.Foundation.Streams;

/// <summary>Waits until a reader may be handed so many bytes more.</summary>
/// <returns>Disposed when the reader has done with them.</returns>
public delegate ValueTask<IDisposable?> Admission(long bytes, CancellationToken cancellation);
