namespace LLMos.Bench;

/// <summary>Something could not be measured; the message says what was seen.</summary>
internal sealed class BenchException(string message) : Exception(message);
