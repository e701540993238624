using System.Diagnostics.CodeAnalysis;

namespace LLMos.Server.Foundation.Storage;

/// <summary>A collection that a slice keeps its documents in. Registered by the slice, created when the database opens.</summary>
/// <param name="Name">Letters, digits and <c>_</c>; unique in the server.</param>
[SuppressMessage("Naming", "CA1711", Justification = "Collection is LiteDB's word for it, not a kind of list.")]
public sealed record StoreCollection(string Name);
