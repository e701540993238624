using LLMos.Server.Devices;
using LLMos.Server.Volumes;

namespace LLMos.Server.Runs;

/// <summary>What a program can ask for outside its sandbox, with its person's rights.</summary>
/// <param name="Devices">Null: it has none here.</param>
internal sealed record Reach(VolumeFiles Files, DeviceRegistry? Devices);
