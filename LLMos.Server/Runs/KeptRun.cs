namespace LLMos.Server.Runs;

/// <summary>What is known of a kept run without reading its record: some hundred bytes, whatever the program was.</summary>
/// <param name="Bytes">Of its record and its log.</param>
/// <param name="RecordBytes">Of its record alone.</param>
/// <param name="IdempotencyKey">The key it was started with, and what was asked for under it.</param>
internal sealed record KeptRun(string OwnerId, RunSummary Summary, long Bytes, int RecordBytes, string? IdempotencyKey, string? RequestHash);
