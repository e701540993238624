namespace LLMos.Tests.Runs.Load;

/// <summary>Tests that take all the processor there is and look at how long others wait, or at what belongs to the whole process: one after another, when the others are done.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
