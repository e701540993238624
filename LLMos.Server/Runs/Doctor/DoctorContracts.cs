namespace LLMos.Server.Runs.Doctor;

/// <param name="Name">As in the files of <c>Runs/Doctor/attacks</c>.</param>
/// <param name="Layer">The layer that is to stop it.</param>
/// <param name="Also">Layers that would stop it too.</param>
/// <param name="Held">Whether it failed, and had no effect outside.</param>
/// <param name="Seen">What happened, in a sentence.</param>
public sealed record AttackOutcome(string Name, string Layer, IReadOnlyList<string> Also, bool Held, string Seen);

/// <summary>The last time that all attacks were run against this install.</summary>
/// <param name="Version">The server's version then.</param>
/// <param name="Attacks">How many there were.</param>
/// <param name="Held">How many of them failed.</param>
/// <param name="Broken">Those that did not.</param>
public sealed record AttackSummary(DateTime At, string Version, int Attacks, int Held, IReadOnlyList<AttackOutcome> Broken);
