using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>Folders that are packed or unpacked: each takes a processor and some memory.</summary>
internal sealed class ArchiveSlots(IOptions<VolumeOptions> options)
    : Slots(options.Value.MaxArchives, () => VolumeErrors.ArchivesBusy(options.Value.MaxArchives));
