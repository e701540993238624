namespace LLMos.Server.Volumes;

/// <param name="Content">Null: a folder.</param>
internal readonly record struct ImportedEntry(VolumePath Path, StagedContent? Content);
